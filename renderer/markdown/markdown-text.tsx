// Renders Markdown block by block. No raw HTML, no remote content: links are only opened after asking, images are named.
import { memo, useState } from 'react';
import Markdown, { defaultUrlTransform, type Components, type Options } from 'react-markdown';
import remarkGfm from 'remark-gfm';
import remarkMath from 'remark-math';
import { strings } from '../strings.ts';
import { BlockSplitter } from './blocks.ts';
import { CodeBlock } from './code-block.tsx';
import { openLink } from './link-prompt.ts';
import { useMathPlugin } from './math-plugin.ts';
import { markFormulas, rehypeFormulas, showDollars } from './math-source.ts';
import { rehypeSourceMap } from './source-map.ts';

const remarkPlugins: NonNullable<Options['remarkPlugins']> = [remarkGfm, remarkMath];
const rehypePlugins: NonNullable<Options['rehypePlugins']> = [rehypeSourceMap, rehypeFormulas];

/** Addresses that can be opened at all; every other link is shown as plain text. */
function safeUrl(url: string): string {
  const transformed = defaultUrlTransform(showDollars(url));
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
  const math = useMathPlugin(source.includes('$'));
  return (
    <Markdown
      remarkPlugins={remarkPlugins}
      rehypePlugins={math ? [...rehypePlugins, math] : rehypePlugins}
      components={components}
      urlTransform={safeUrl}
    >
      {source}
    </Markdown>
  );
});

interface BlockProps {
  start: number;
  /** What is rendered, from `start` of the text on. */
  source: string;
  Wrapper: Wrapper;
}

type Wrapper = React.ComponentType<{ start: number; source: string; children: React.ReactNode }>;

/** A block whose source is the same is not even looked at while the text behind it grows. */
const WrappedBlock = memo(function WrappedBlock({ start, source, Wrapper }: BlockProps) {
  return (
    <Wrapper start={start} source={source}>
      <MarkdownBlock source={source} />
    </Wrapper>
  );
});

/** Markdown whose finished blocks are not rendered again while `text` grows. `Wrapper` stands around each block. */
export function MarkdownText({ text, Wrapper }: { text: string; Wrapper: Wrapper }) {
  const [splitter] = useState(() => new BlockSplitter());
  const split = splitter.split(markFormulas(text));
  return split.blocks
    .filter((block) => !block.isDefinition)
    .map((block) => (
      <WrappedBlock
        key={block.start}
        start={block.start}
        source={withDefinitions(block.source, split.definitions)}
        Wrapper={Wrapper}
      />
    ));
}

/** Definitions stand behind the block, so its own offsets stay. */
function withDefinitions(source: string, definitions: string): string {
  return definitions !== '' && source.includes('[') ? `${source}\n\n${definitions}` : source;
}
