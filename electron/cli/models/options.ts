// The options of `kangaroo models`.
import { choice, flag, integer, text, type OptionValues } from '../arguments.ts';
import { commonOptions, dataDirOptions, modelOptions } from '../options.ts';

export const options = {
  endpoint: text({
    valueName: 'URL',
    help: 'A mirror of the Hugging Face Hub for this run; it never gets your token',
    defaultText: 'HF_ENDPOINT, else what the app was told',
  }),
  ...dataDirOptions,
  sort: choice({ choices: ['downloads', 'likes', 'updated', 'trending'], help: 'search: the order', fallback: 'downloads' }),
  limit: integer({ help: 'search: at most this many', fallback: 20, minimum: 1, maximum: 1000 }),
  context: modelOptions.context,
  cacheType: modelOptions.cacheType,
  purge: flag('remove: delete at once, without the trash'),
  ...commonOptions,
};

export type ModelsValues = OptionValues<typeof options>;
