// Renders Markdown block by block. No raw HTML, no remote content: links are only opened after asking, images are named.
import { memo, useState } from 'react';
import Markdown, { defaultUrlTransform, type Components, type Options } from 'react-markdown';
import remarkGfm from 'remark-gfm';
import { strings } from '../strings.ts';
import { BlockSplitter } from './blocks.ts';
import { CodeBlock } from './code-block.tsx';
import { openLink } from './link-prompt.ts';
import { rehypeSourceMap } from './source-map.ts';

const remarkPlugins: NonNullable<Options['remarkPlugins']> = [remarkGfm];
const rehypePlugins: NonNullable<Options['rehypePlugins']> = [rehypeSourceMap];

/** Addresses that can be opened at all; every other link is shown as plain text. */
function safeUrl(url: string): string {
  const transformed = defaultUrlTransform(url);
  return /^https?:/i.test(transformed) ? transformed : '';
}

const components: Components = {
  a({ node: _node, href, children, title: _title, ...rest }) {
    if (!href) return <span {...rest}>{children}</span>;
    return (
      <a
        {...rest}
        href={href}
        title={strings.link.title(href)}
        rel="noopener noreferrer"
        onClick={(event) => {
          event.preventDefault();
          openLink(href);
        }}
        onAuxClick={(event) => event.preventDefault()}
      >
        {children}
      </a>
    );
  },
  img({ alt, src }) {
    return (
      <span className="image-note" title={typeof src === 'string' ? src : undefined}>
        {strings.markdown.imageNotLoaded(alt ?? '')}
      </span>
    );
  },
  pre({ node: _node, children }) {
    return <CodeBlock>{children}</CodeBlock>;
  },
  table({ node: _node, children, ...rest }) {
    return (
      // A wide table scrolls by itself; it can only be scrolled with the keyboard when it takes the focus.
      <div className="table-scroll" role="region" aria-label={strings.markdown.table} tabIndex={0}>
        <table {...rest}>{children}</table>
      </div>
    );
  },
  input({ node: _node, checked, type }) {
    return <input type={type} checked={checked} disabled readOnly aria-label={strings.markdown.task(checked === true)} />;
  },
};

const MarkdownBlock = memo(function MarkdownBlock({ source }: { source: string }) {
  return (
    <Markdown remarkPlugins={remarkPlugins} rehypePlugins={rehypePlugins} components={components} urlTransform={safeUrl}>
      {source}
    </Markdown>
  );
});

interface MarkdownTextProps {
  text: string;
  /** Stands around each block; `source` is what was rendered into it, from `start` of the text on. */
  Wrapper: React.ComponentType<{ start: number; source: string; children: React.ReactNode }>;
}

/** Markdown whose finished blocks are not rendered again while `text` grows. */
export function MarkdownText({ text, Wrapper }: MarkdownTextProps) {
  const [splitter] = useState(() => new BlockSplitter());
  const split = splitter.split(text);
  return split.blocks
    .filter((block) => !block.isDefinition)
    .map((block) => {
      const source = withDefinitions(block.source, split.definitions);
      return (
        <Wrapper key={block.start} start={block.start} source={source}>
          <MarkdownBlock source={source} />
        </Wrapper>
      );
    });
}

/** Definitions stand behind the block, so its own offsets stay. */
function withDefinitions(source: string, definitions: string): string {
  return definitions !== '' && source.includes('[') ? `${source}\n\n${definitions}` : source;
}
