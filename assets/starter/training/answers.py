"""Ten short chats with a model, as the app answers by default, in Markdown for the model card. Nothing is chosen or edited.

  answers.py --model F.gguf"""
import argparse
import json
import pathlib
import subprocess
import tempfile

ROOT = pathlib.Path(__file__).resolve().parents[3]
CHATS = [
    ['Hello!', 'What can you do?'],
    ['Who are you?'],
    ['My name is Oliver and I have a rabbit.', 'What is my name?'],
    ["Explain snow like I'm five years old."],
    ['What is a volcano?'],
    ['Write a story for a child. The title is "The Kangaroo Who Could Not Jump".'],
    ['Tell me a short story about a lost kitten.'],
    ['Write a short e-mail to my teacher to say that I will be late tomorrow. My name is Lily.'],
    ['Lena has 8 pencils and gets 6 more. How many pencils does she have now?'],
    ['Can you recommend a hobby?', 'Thank you, goodbye!'],
]
DEFAULTS = ['--mode', 'plain', '--repetition-penalty', '1.1', '--max-tokens', '512']


def answer(model, messages):
    with tempfile.NamedTemporaryFile('w', suffix='.json') as f:
        json.dump(messages, f)
        f.flush()
        command = ['node', 'electron/cli/main.ts', 'generate', '--model', model, '--messages', f.name, *DEFAULTS, '--json']
        lines = subprocess.run(command, cwd=ROOT, check=True, capture_output=True, text=True).stdout.splitlines()
    done = json.loads(lines[-1])
    return done['text'].strip(), done['reason']


if __name__ == '__main__':
    p = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    p.add_argument('--model', required=True)
    a = p.parse_args()
    model = str(pathlib.Path(a.model).resolve())
    for number, questions in enumerate(CHATS, 1):
        messages = []
        print(f'**{number}.** ', end='')
        for question in questions:
            messages.append({'role': 'user', 'content': question})
            text, reason = answer(model, messages)
            messages.append({'role': 'assistant', 'content': text})
            cut = ' *(cut off at 512 tokens)*' if reason == 'length' else ''
            print(f'*{question}*\n\n> ' + text.replace('\n', '\n> ') + cut + '\n')
