// What a command writes, kept for a test.
export class Recorder {
  text = '';

  write(text: string): void {
    this.text += text;
  }

  /** One object per line, as --json writes them. */
  objects(): Record<string, unknown>[] {
    return this.text
      .split('\n')
      .filter(Boolean)
      .map((line) => JSON.parse(line) as Record<string, unknown>);
  }
}
