// The text of one round: accepted drafts, copies, rejected drafts as ghosts, and the model's own token. It can be focused.
import { memo } from 'react';
import type { Piece, Round } from '../../electron/contract/engine.ts';
import { shownOrigin, type ShownOrigin } from '../origins/origin-runs.ts';
import { strings } from '../strings.ts';

const text = strings.rounds;

interface RoundTextProps {
  round: Round;
  index: number;
  current: boolean;
  tabbable: boolean;
  /** Whether rejected drafts are shown, struck out. */
  ghosts?: boolean;
  onSelect: (index: number) => void;
}

export const RoundText = memo(function RoundText(props: RoundTextProps) {
  const { round, index, current, tabbable, ghosts: shown = true, onSelect } = props;
  const from = Map.groupBy(round.pieces.entries(), ([place, piece]) => shownOrigin(piece, place, round.drafts));
  const piecesOf = (origin: ShownOrigin) => (from.get(origin) ?? []).map(([, piece]) => piece);
  const ghosts = shown ? round.drafts.slice(round.accepted) : [];
  const blank = [...round.pieces, ...ghosts].every((one) => one.text.trim() === '');
  return (
    <span
      role="option"
      aria-label={blank ? text.blank : undefined}
      aria-selected={current}
      data-round={index}
      data-current={current || undefined}
      tabIndex={tabbable ? 0 : -1}
      className="round"
      onFocus={() => onSelect(index)}
      onPointerEnter={() => onSelect(index)}
    >
      <Pieces pieces={piecesOf('draft')} className="round-draft" />
      <Pieces pieces={piecesOf('copy')} className="round-copy" />
      {ghosts.map((draft, position) => (
        <del key={position} className="round-ghost" title={text.ghostTitle(draft.confidence, draft.source)}>
          <GhostText text={draft.text} />
        </del>
      ))}
      <Pieces pieces={piecesOf('target')} className={round.paused ? '' : 'round-target'} />
    </span>
  );
});

/** Only what can be read is struck out: a struck space looks like a dash. */
function GhostText({ text }: { text: string }) {
  const visible = text.trimStart();
  return (
    <>
      {text.slice(0, text.length - visible.length)}
      <span>{visible}</span>
    </>
  );
}

function Pieces({ pieces, className }: { pieces: readonly Piece[]; className: string }) {
  const joined = pieces.map((piece) => piece.text).join('');
  return joined === '' ? null : <span className={className}>{joined}</span>;
}
