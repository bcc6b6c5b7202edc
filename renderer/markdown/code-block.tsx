// A code block with its language, colours, a switch for long lines and a copy button. What is not the code itself stays
// outside `<code>`.
import { WrapText } from 'lucide-react';
import { isValidElement, useRef, type ReactNode } from 'react';
import { useView } from '../layout/view-store.ts';
import { strings } from '../strings.ts';
import { CopyButton } from '../ui/copy-button.tsx';
import { useCodeColors } from './code-painter.ts';

/** The only child of a Markdown `pre`: its language and its text. */
function codeOf(children: ReactNode): { language: string; text: string } {
  if (!isValidElement<{ className?: string; children?: ReactNode }>(children)) return { language: '', text: '' };
  const { className, children: inner } = children.props;
  const language = /language-([^\s]+)/.exec(className ?? '')?.[1] ?? '';
  return { language, text: typeof inner === 'string' ? inner : '' };
}

export function CodeBlock({ children }: { children?: ReactNode }) {
  const pre = useRef<HTMLPreElement>(null);
  const { language, text } = codeOf(children);
  const wrap = useView((state) => state.wrapCode);
  const toggleWrap = useView((state) => state.toggleWrapCode);
  useCodeColors(pre, text, language.toLowerCase());
  return (
    <figure className="code-block" aria-label={strings.markdown.code(language)}>
      <figcaption>
        <span>{language || strings.markdown.plainCode}</span>
        <span className="flex">
          <button
            type="button"
            className="button-ghost aria-pressed:text-accent"
            aria-pressed={wrap}
            aria-label={strings.markdown.wrapCode}
            title={strings.markdown.wrapCode}
            data-testid="wrap-code"
            onClick={toggleWrap}
          >
            <WrapText size={15} aria-hidden />
          </button>
          <CopyButton label={strings.markdown.copyCode} text={() => pre.current?.textContent ?? ''} />
        </span>
      </figcaption>
      <pre ref={pre} tabIndex={0} data-wrap={wrap || undefined}>
        {children}
      </pre>
    </figure>
  );
}
