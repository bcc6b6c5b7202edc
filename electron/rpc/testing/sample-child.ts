// The child of the rpc's tests over process IPC: serves the sample contract until its parent disconnects.
import { processPipe } from '../process.ts';
import { serve } from '../server.ts';
import { createSampleService, sampleShape } from './sample-service.ts';

const pipe = processPipe(process);
serve(pipe, createSampleService().services, sampleShape);
