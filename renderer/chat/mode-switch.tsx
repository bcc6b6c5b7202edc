// How the next answer is drafted: as the chat says, or otherwise for this one answer.
import { ChevronDown, Zap } from 'lucide-react';
import type { DraftingMode } from '../../electron/contract/engine.ts';
import { MenuButton, type MenuItems } from '../ui/menu.tsx';
import { useSettings } from '../settings/settings-store.ts';
import { useChat } from './chat-store.ts';
import { chatText } from './strings.ts';

const text = chatText.composer;
const modes: readonly DraftingMode[] = ['auto', 'kangaroo', 'plain'];

interface ModeSwitchProps {
  /** Null: as the chat says. */
  chosen: DraftingMode | null;
  onChoose: (mode: DraftingMode | null) => void;
}

export function ModeSwitch({ chosen, onChoose }: ModeSwitchProps) {
  const general = useSettings((state) => state.settings.decodingMode);
  const own = useChat(({ chat }) => chat?.settings.overrides.decodingMode);
  const usual = own ?? general;
  const items = (): MenuItems => [
    { label: text.modeAsChat(usual), checked: chosen === null, testId: 'next-mode-usual', run: () => onChoose(null) },
    null,
    ...modes.map((mode) => ({
      label: text.modes[mode],
      help: text.modeHelp[mode],
      checked: chosen === mode,
      testId: `next-mode-${mode}`,
      run: () => onChoose(mode),
    })),
  ];
  return (
    <MenuButton
      label={text.modeTitle(chosen ?? usual)}
      items={items}
      testId="next-mode"
      className={`inline-flex h-8 items-center gap-1.5 rounded-lg px-2 text-[13px] transition-colors hover:bg-sunken ${chosen === null ? 'text-ink-soft hover:text-ink' : 'bg-accent-soft text-accent'}`}
    >
      <Zap size={15} aria-hidden />
      {text.modeShort[chosen ?? usual]}
      <ChevronDown size={13} aria-hidden className="opacity-70" />
    </MenuButton>
  );
}
