// The settings of the next answer in the chat that is shown: the chat's own ones come before the app's.
import type { AnswerSettings } from '../../electron/contract/settings.ts';
import { useChat } from '../chat/chat-store.ts';
import { useSettings } from '../settings/settings-store.ts';

export function useNextAnswer(): AnswerSettings {
  const general = useSettings((state) => state.settings);
  const own = useChat(({ chat }) => chat?.settings.overrides);
  return { ...general, ...own };
}

/** Each is changed where it holds: in the chat, if that sets it for itself. Resolves to whether the core took all of them. */
export async function changeNextAnswer(patch: Partial<AnswerSettings>): Promise<boolean> {
  const own = useChat.getState().chat?.settings.overrides ?? {};
  const names = Object.keys(patch) as (keyof AnswerSettings)[];
  const taken: boolean[] = [];
  const inChat = names.filter((name) => name in own);
  if (inChat.length > 0) {
    const overrides = { ...own, ...Object.fromEntries(inChat.map((name) => [name, patch[name]])) };
    taken.push(await useChat.getState().setSettings({ overrides }));
  }
  for (const name of names) {
    const value = patch[name];
    if (!inChat.includes(name) && value !== undefined) taken.push(await useSettings.getState().change(name, value));
  }
  return taken.every(Boolean);
}
