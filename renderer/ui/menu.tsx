// Menus: a list of actions below a button, or at the pointer. One is open at a time; arrow keys move, letters jump, Escape
// closes it and gives the focus back.
import { Check } from 'lucide-react';
import { useEffect, useRef, type ComponentType, type ReactNode } from 'react';
import { createPortal } from 'react-dom';
import { create } from 'zustand';

export interface MenuItem {
  label: string;
  Icon?: ComponentType<{ size?: number; 'aria-hidden'?: boolean; className?: string }>;
  run: () => void;
  danger?: boolean;
  disabled?: boolean;
  /** One of a choice: whether it is the chosen one. */
  checked?: boolean;
  /** A second line. */
  help?: string;
  /** Keys that do the same. */
  keys?: string;
  testId?: string;
}

/** `null`: a line between groups. */
export type MenuItems = readonly (MenuItem | null)[];

interface MenuState {
  label: string;
  items: MenuItems;
  opener: HTMLElement | null;
  /** Where the pointer asked for it; null: below the opener. */
  at: { x: number; y: number } | null;
}

const closed: MenuState = { label: '', items: [], opener: null, at: null };

const useMenu = create<MenuState>()(() => closed);

/** Opens a menu; what was open closes. */
export function openMenu(label: string, items: MenuItems, opener: HTMLElement, at: MenuState['at'] = null): void {
  useMenu.setState({ label, items, opener, at });
}

function close(): void {
  useMenu.setState(closed);
}

interface MenuButtonProps {
  label: string;
  items: () => MenuItems;
  className?: string;
  testId?: string;
  children: ReactNode;
}

export function MenuButton({ label, items, className = 'button-ghost', testId, children }: MenuButtonProps) {
  const button = useRef<HTMLButtonElement>(null);
  const open = useMenu((state) => state.opener !== null && state.opener === button.current && state.at === null);
  return (
    <button
      ref={button}
      type="button"
      className={className}
      aria-haspopup="menu"
      aria-expanded={open}
      aria-label={label}
      title={label}
      data-testid={testId}
      onClick={(event) => (open ? close() : openMenu(label, items(), event.currentTarget))}
    >
      {children}
    </button>
  );
}

/** The open menu, if one is: stands once in the page. */
export function MenuHost() {
  const { opener } = useMenu();
  if (!opener) return null;
  // Over a modal dialog everything outside of it is inert: the menu goes inside.
  return createPortal(<OpenMenu />, opener.closest('dialog') ?? document.body);
}

const margin = 8;

/** Below its opener or at the pointer, and inside the window. */
function place(menu: HTMLElement, opener: HTMLElement, at: MenuState['at']): void {
  const box = at ? new DOMRect(at.x, at.y, 0, 0) : opener.getBoundingClientRect();
  const { width, height } = menu.getBoundingClientRect();
  const { clientWidth, clientHeight } = document.documentElement;
  const below = box.bottom + (at ? 0 : 4);
  const above = box.top - height - (at ? 0 : 4);
  const left = at ? box.left : Math.min(box.left, Math.max(margin, box.right - width));
  menu.style.left = `${Math.max(margin, Math.min(left, clientWidth - width - margin))}px`;
  menu.style.top = `${below + height + margin <= clientHeight || above < margin ? Math.min(below, Math.max(margin, clientHeight - height - margin)) : above}px`;
}

function OpenMenu() {
  const { label, items, opener, at } = useMenu();
  const menu = useRef<HTMLDivElement>(null);

  useEffect(() => {
    const element = menu.current;
    if (!element || !opener) return;
    element.showPopover();
    place(element, opener, at);
    (element.querySelector<HTMLElement>('[aria-checked="true"]') ?? entries(element)[0])?.focus();
    return () => {
      // The focus goes back only if nobody else has taken it.
      if (element.contains(document.activeElement) || document.activeElement === document.body) opener.focus();
    };
  }, [opener, at]);

  // Not left to the popover itself: it would close at the end of the very press of the right button that has opened it.
  useEffect(() => {
    const onPointerDown = (event: PointerEvent) => {
      const target = event.target as Node;
      // The button closes it by itself.
      if (!menu.current?.contains(target) && (at !== null || !opener?.contains(target))) close();
    };
    window.addEventListener('pointerdown', onPointerDown, { capture: true });
    window.addEventListener('resize', close);
    return () => {
      window.removeEventListener('pointerdown', onPointerDown, { capture: true });
      window.removeEventListener('resize', close);
    };
  }, [opener, at]);

  function onKeyDown(event: React.KeyboardEvent): void {
    const all = entries(menu.current);
    const now = all.indexOf(document.activeElement as HTMLElement);
    const to = {
      ArrowDown: (now + 1) % all.length,
      ArrowUp: (now - 1 + all.length) % all.length,
      Home: 0,
      End: all.length - 1,
    }[event.key];
    if (to !== undefined) all[to]?.focus();
    else if (event.key === 'Escape' || event.key === 'Tab') close();
    else if (event.key.length === 1 && event.key !== ' ') {
      const letter = event.key.toLowerCase();
      const turned = [...all.slice(now + 1), ...all.slice(0, now + 1)];
      turned.find((entry) => entry.textContent.trim().toLowerCase().startsWith(letter))?.focus();
    } else return;
    // Escape was meant for the menu, not for the answer under way.
    event.preventDefault();
    event.stopPropagation();
  }

  return (
    <div
      ref={menu}
      role="menu"
      tabIndex={-1}
      aria-label={label}
      popover="manual"
      data-testid="menu"
      className="rise fixed inset-auto m-0 max-h-[80dvh] min-w-44 max-w-80 overflow-y-auto rounded-xl border border-line bg-raised p-1 text-[14px] text-ink shadow-float"
      onKeyDown={onKeyDown}
    >
      {items.map((item, index) =>
        item === null ? <hr key={index} className="my-1 border-line" /> : <Entry key={index} item={item} />,
      )}
    </div>
  );
}

function Entry({ item }: { item: MenuItem }) {
  const { label, Icon, run, danger, disabled, checked, help, keys, testId } = item;
  return (
    <button
      type="button"
      role={checked === undefined ? 'menuitem' : 'menuitemradio'}
      aria-checked={checked}
      aria-disabled={disabled}
      aria-keyshortcuts={keys}
      tabIndex={-1}
      data-testid={testId}
      className={`flex w-full items-start gap-2.5 rounded-lg px-2.5 py-1.5 text-start leading-5 outline-none focus:bg-sunken hover:bg-sunken aria-disabled:opacity-50 ${danger ? 'text-danger' : ''}`}
      onClick={() => {
        if (disabled) return;
        close();
        run();
      }}
    >
      {checked !== undefined && <Check size={15} aria-hidden className={`mt-0.5 shrink-0 ${checked ? '' : 'invisible'}`} />}
      {Icon && <Icon size={15} aria-hidden className="mt-0.5 shrink-0 opacity-80" />}
      <span className="min-w-0 flex-1">
        {label}
        {help && <span className="block text-[12.5px] leading-snug text-ink-soft">{help}</span>}
      </span>
      {keys && <kbd className="ml-3 text-[12px] text-ink-soft">{keys}</kbd>}
    </button>
  );
}

function entries(menu: HTMLElement | null): HTMLElement[] {
  return [...(menu?.querySelectorAll<HTMLElement>('[role^="menuitem"]') ?? [])];
}
