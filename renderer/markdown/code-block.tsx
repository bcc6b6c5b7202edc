// A code block with its language and a copy button. What is not the code itself stays outside `<code>`.
import { isValidElement, useRef, type ReactNode } from 'react';
import { strings } from '../strings.ts';
import { CopyButton } from '../ui/copy-button.tsx';

function languageOf(children: ReactNode): string {
  if (!isValidElement<{ className?: string }>(children)) return '';
  return /language-([^\s]+)/.exec(children.props.className ?? '')?.[1] ?? '';
}

export function CodeBlock({ children }: { children?: ReactNode }) {
  const pre = useRef<HTMLPreElement>(null);
  const language = languageOf(children);
  return (
    <figure className="code-block" aria-label={strings.markdown.code(language)}>
      <figcaption>
        <span>{language || strings.markdown.plainCode}</span>
        <CopyButton label={strings.markdown.copyCode} text={() => pre.current?.textContent ?? ''} />
      </figcaption>
      <pre ref={pre} tabIndex={0}>
        {children}
      </pre>
    </figure>
  );
}
