// Preload entry: runs sandboxed in the window, before the page. See bridge.ts for what it exposes.
import { contextBridge, ipcRenderer, webFrame, webUtils } from 'electron';
import { exposeBridge } from './bridge.ts';

exposeBridge({ contextBridge, ipcRenderer, webUtils, webFrame, window });
