// The application menu: standard roles, New chat, zoom, and About with the notices that licences ask for.
import type * as Electron from 'electron';
import type { AppInfo } from '../contract/index.ts';

export interface MenuActions {
  newChat: () => void;
  about: () => void;
}

/** The menu's template for a platform, as `Menu.buildFromTemplate` takes it. */
export function menuTemplate(
  platform: NodeJS.Platform,
  name: string,
  actions: MenuActions,
): Electron.MenuItemConstructorOptions[] {
  const mac = platform === 'darwin';
  const about: Electron.MenuItemConstructorOptions = { label: `About ${name}`, click: actions.about };
  const separator: Electron.MenuItemConstructorOptions = { type: 'separator' };
  const appMenu: Electron.MenuItemConstructorOptions = {
    label: name,
    submenu: [about, separator, { role: 'hide' }, { role: 'hideOthers' }, { role: 'unhide' }, separator, { role: 'quit' }],
  };
  return [
    ...(mac ? [appMenu] : []),
    {
      label: '&File',
      submenu: [
        { label: 'New chat', accelerator: 'CmdOrCtrl+N', click: actions.newChat },
        separator,
        mac ? { role: 'close' } : { role: 'quit' },
      ],
    },
    {
      label: '&Edit',
      submenu: [
        { role: 'undo' },
        { role: 'redo' },
        separator,
        { role: 'cut' },
        { role: 'copy' },
        { role: 'paste' },
        { role: 'selectAll' },
      ],
    },
    {
      label: '&View',
      submenu: [
        { role: 'resetZoom' },
        { role: 'zoomIn' },
        { role: 'zoomOut' },
        separator,
        { role: 'reload' },
        { role: 'togglefullscreen' },
      ],
    },
    { label: '&Window', submenu: [{ role: 'minimize' }, { role: 'zoom' }] },
    ...(mac ? [] : [{ label: '&Help', submenu: [about] }]),
  ];
}

/** What the About box says: version, engine, and every notice. */
export function aboutText(info: AppInfo): { message: string; detail: string } {
  return { message: `${info.name} ${info.version}`, detail: [`Engine: ${info.engine}`, ...info.notices].join('\n') };
}
