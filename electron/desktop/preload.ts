// Preload entry: runs sandboxed in the window, before the page. See bridge.ts for what it exposes.
import { contextBridge, ipcRenderer } from 'electron';
import { exposeBridge } from './bridge.ts';

exposeBridge({ contextBridge, ipcRenderer, window });
