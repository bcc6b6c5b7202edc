// Refusals as huggingface.co words them, each with its own code and remedy.
import { expect, test } from 'vitest';
import { hubError, type HubRefusal } from './hub-errors.ts';

const endpoint = 'https://huggingface.co';
const repo = 'some/model';
const refusal = (over: Partial<HubRefusal>): HubRefusal => ({
  status: 403,
  code: null,
  message: null,
  repo,
  subject: 'a.gguf',
  endpoint,
  hubOrigin: endpoint,
  hadToken: true,
  ...over,
});

const loginNeeded = `Access to model ${repo} is restricted. You must have access to it and be authenticated to access it. Please log in.`;

test.each<[string, Partial<HubRefusal>, string, RegExp]>([
  [
    'gated, no token',
    { status: 401, code: 'GatedRepo', message: loginNeeded, hadToken: false },
    'hub-token-missing',
    /Set the token/,
  ],
  [
    'gated, a token nobody knows',
    { status: 401, code: 'GatedRepo', message: loginNeeded },
    'hub-token-invalid',
    /settings\/tokens/,
  ],
  [
    'terms not accepted',
    {
      code: 'GatedRepo',
      message: `Access to model ${repo} is restricted and you are not in the authorized list. Visit … to ask for access.`,
    },
    'hub-licence-not-accepted',
    /https:\/\/huggingface\.co\/some\/model/,
  ],
  [
    'not answered yet',
    { code: 'GatedRepo', message: `Your request to access model ${repo} is awaiting a review from the repo authors.` },
    'hub-access-pending',
    /not answered/,
  ],
  [
    'refused',
    { code: 'GatedRepo', message: `Your request to access model ${repo} has been rejected by the repo's authors.` },
    'hub-access-denied',
    /refused your account/,
  ],
  [
    'a token without the right',
    { message: 'Please enable access to public gated repositories in your fine-grained token settings to view this repository.' },
    'hub-access-denied',
    /Read access to contents of all public gated repos/,
  ],
  ['a token nobody knows', { status: 401, message: 'Invalid username or password.' }, 'hub-token-invalid', /new one/],
  [
    'no such model, no token',
    { status: 401, code: 'RepoNotFound', hadToken: false },
    'hub-not-found',
    /private model needs an access token/,
  ],
  ['no such model', { status: 404, code: 'RepoNotFound' }, 'hub-not-found', /Check its name/],
  ['no such revision', { status: 404, code: 'RevisionNotFound' }, 'hub-not-found', /revision/],
  ['no such file', { status: 404, code: 'EntryNotFound' }, 'hub-not-found', /a\.gguf is not in/],
  ['disabled', { status: 403, message: 'Access to this resource is disabled.' }, 'hub-access-denied', /disabled/],
  ['anything else', { status: 418 }, 'hub-failed', /418/],
])('%s', (_name, over, code, remedy) => {
  expect(hubError(refusal(over))).toMatchObject({ code, message: expect.stringMatching(remedy) });
});

test.each([401, 403])(
  'a gated model of a mirror (%d): the token would not be sent there, so the hub itself is named',
  (status) => {
    const mirror = { endpoint: 'https://mirror.example', hadToken: false };
    const { code, message } = hubError(refusal({ status, code: 'GatedRepo', message: loginNeeded, ...mirror }));
    expect(code).toBe('hub-token-missing');
    expect(message).toContain('for huggingface.co only');
    expect(message).toContain('Set the endpoint to https://huggingface.co');
    expect(message).toContain('https://huggingface.co/some/model');
    expect(message).not.toContain('https://mirror.example/some/model');
  },
);

test('what a mirror does not have: no token is advised', () => {
  const { code, message } = hubError(refusal({ status: 404, endpoint: 'https://mirror.example', hadToken: false }));
  expect(code).toBe('hub-not-found');
  expect(message).not.toContain('token');
});
