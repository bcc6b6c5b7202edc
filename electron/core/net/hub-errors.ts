// What a hub's refusal means, and what to do about it. The codes and messages are those that huggingface.co sends
// (`X-Error-Code`, `X-Error-Message`; the cases are those of huggingface_hub's `hf_raise_for_status`).
import { KangarooError } from '../../contract/errors.ts';

/** What is known of a refused request. */
export interface HubRefusal {
  status: number;
  /** `X-Error-Code`, such as `GatedRepo`. */
  code: string | null;
  /** `X-Error-Message`. */
  message: string | null;
  /** `owner/name`. */
  repo: string;
  /** What was asked for, as a person would name it: a file, or the model itself. */
  subject: string;
  /** Origin of the hub or the mirror. */
  endpoint: string;
  /** Origin of the hub that tokens belong to: a mirror gets none. */
  hubOrigin: string;
  /** Whether a token went with the request. */
  hadToken: boolean;
}

/** The error for a status of 400 or more that waiting does not mend. */
export function hubError(refusal: HubRefusal): KangarooError {
  const { status, code, message, repo, subject, endpoint, hubOrigin, hadToken } = refusal;
  const isMirror = new URL(endpoint).origin !== hubOrigin;
  const page = `${endpoint}/${repo}`;
  const detail = `${status}${code ? ` ${code}` : ''}${message ? `: ${message}` : ''} (${page})`;
  const error = (errorCode: KangarooError['code'], text: string) => new KangarooError(errorCode, text, detail);
  const invalidToken = () =>
    error(
      'hub-token-invalid',
      `${endpoint} does not accept the access token. Make a new one at ${endpoint}/settings/tokens and set it.`,
    );

  if (code === 'GatedRepo' || (status === 403 && /gated|authorized list|awaiting a review|rejected/i.test(message ?? ''))) {
    if (isMirror) {
      const host = new URL(hubOrigin).host;
      return error(
        'hub-token-missing',
        `${repo} is gated, and ${endpoint} is a mirror: the access token is for ${host} only and is never sent elsewhere. Set the endpoint to ${hubOrigin} in the settings, accept the terms at ${hubOrigin}/${repo}, and set the token.`,
      );
    }
    if (!hadToken) {
      return error(
        'hub-token-missing',
        `${repo} is gated: it needs an account that has accepted its terms at ${page}, and that account's access token. Set the token in the settings.`,
      );
    }
    // The hub answers a token that it does not know as it answers none.
    if (status === 401) return invalidToken();
    if (/awaiting a review/i.test(message ?? '')) {
      return error('hub-access-pending', `The authors of ${repo} have not answered your request yet. Try again when they have.`);
    }
    if (/rejected/i.test(message ?? '')) {
      return error(
        'hub-access-denied',
        `The authors of ${repo} have refused your account. Write to them, or choose another model.`,
      );
    }
    if (/fine-grained/i.test(message ?? '')) {
      return error(
        'hub-access-denied',
        `The access token may not read gated models. Allow "Read access to contents of all public gated repos" for it at ${endpoint}/settings/tokens.`,
      );
    }
    return error('hub-licence-not-accepted', `${repo} asks you to accept its terms first. Do that at ${page}, then try again.`);
  }
  if (status === 401 && hadToken) return invalidToken();
  if (code === 'RevisionNotFound') return error('hub-not-found', `${repo} has no such revision. It may have been removed.`);
  if (code === 'EntryNotFound') return error('hub-not-found', `${subject} is not in ${repo} any more. Choose another file.`);
  if (code === 'RepoNotFound' || status === 401 || status === 404 || status === 410) {
    const hint = hadToken
      ? 'Check its name, and whether your account may see it.'
      : isMirror
        ? `Check its name; a private model can only be had from ${hubOrigin} itself.`
        : 'Check its name; a private model needs an access token.';
    return error('hub-not-found', `${endpoint} does not have ${subject} of ${repo}. ${hint}`);
  }
  if (status === 403)
    return error('hub-access-denied', `${endpoint} refuses ${subject} of ${repo}${message ? `: ${message}` : '.'}`);
  return error('hub-failed', `${endpoint} answered ${status} for ${subject} of ${repo}. Try again later.`);
}
