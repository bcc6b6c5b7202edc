// The engine's process for unit tests: serves a scripted engine, and really dies when it is told to crash.
import { engineShape } from '../../../contract/index.ts';
import { processPipe } from '../../../rpc/process.ts';
import { serve } from '../../../rpc/server.ts';
import { ScriptedEngine } from './scripted-engine.ts';

const pipe = processPipe(process);
pipe.onClose(() => process.exit(0));
process.stderr.write('scripted engine: last words\n');
serve(pipe, new ScriptedEngine({ crash: () => process.kill(process.pid, 'SIGKILL') }), engineShape);
