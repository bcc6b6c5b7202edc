// Which key presses are which shortcut, on every system and layout.
import { expect, test } from 'vitest';
import { isPressed, keyNames, type KeyPress } from './shortcuts.ts';

const none: KeyPress = { key: '', code: '', altKey: false, ctrlKey: false, metaKey: false, shiftKey: false };

test('Mod is Control, and Command on a Mac', () => {
  const control = { ...none, key: 'k', code: 'KeyK', ctrlKey: true };
  const command = { ...none, key: 'k', code: 'KeyK', metaKey: true };
  expect(isPressed('Mod+K', control, false)).toBe(true);
  expect(isPressed('Mod+K', command, false)).toBe(false);
  expect(isPressed('Mod+K', command, true)).toBe(true);
  expect(isPressed('Mod+K', control, true)).toBe(false);
});

test('more modifiers make another shortcut', () => {
  expect(isPressed('Mod+K', { ...none, key: 'K', code: 'KeyK', ctrlKey: true, shiftKey: true }, false)).toBe(false);
  expect(isPressed('Alt+N', { ...none, key: 'n', code: 'KeyN', altKey: true, ctrlKey: true }, false)).toBe(false);
});

test('Alt with a letter goes by the key, whatever it types', () => {
  expect(isPressed('Alt+N', { ...none, key: 'Dead', code: 'KeyN', altKey: true }, true)).toBe(true);
});

test('a sign goes by what it types, with Shift or without', () => {
  expect(isPressed('?', { ...none, key: '?', code: 'Slash', shiftKey: true }, false)).toBe(true);
  expect(isPressed('?', { ...none, key: '?', code: 'Comma' }, false)).toBe(true);
  expect(isPressed('Mod+/', { ...none, key: '/', code: 'Digit7', ctrlKey: true, shiftKey: true }, false)).toBe(true);
});

test('keys are written as the system writes them', () => {
  expect(keyNames('Mod+Shift+K', false)).toEqual(['Ctrl', 'Shift', 'K']);
  expect(keyNames('Alt+ArrowUp', true)).toEqual(['⌥', '↑']);
});
