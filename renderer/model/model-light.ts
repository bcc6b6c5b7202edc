// The loaded model's state as a light, a name and a few words.
import type { ModelState } from '../../electron/contract/models.ts';
import { strings } from '../strings.ts';

type Light = 'ready' | 'working' | 'failed' | 'off';

export const lights: Record<Light, string> = {
  ready: 'bg-accent',
  working: 'bg-slow breathe',
  failed: 'bg-danger',
  off: 'bg-line-strong',
};

export function describeModel(state: ModelState | null): { light: Light; name: string; text: string } {
  if (!state) return { light: 'off', name: '', text: strings.model.unknown };
  switch (state.status) {
    case 'unloaded':
      return { light: 'off', name: '', text: strings.model.none };
    case 'loading':
      return { light: 'working', name: state.model.name, text: strings.model.loading(state.fraction) };
    case 'calibrating':
      return { light: 'working', name: state.model.name, text: strings.model.calibrating };
    case 'ready':
      return { light: 'ready', name: state.model.name, text: strings.model.ready };
    case 'failed':
      return {
        light: state.restarting ? 'working' : 'failed',
        name: state.model?.name ?? '',
        text: state.restarting ? strings.model.restarting : strings.model.failed,
      };
  }
}
