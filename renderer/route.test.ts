// Every view has a link, and a link that is nobody's leads to the chat.
import { expect, test } from 'vitest';
import { hrefOf, parseRoute, type Route } from './route.ts';

test.each<Route>([
  { view: 'chat' },
  { view: 'library', modelId: null },
  { view: 'library', modelId: 'a/b c?#%' },
  { view: 'find', repository: null },
  { view: 'find', repository: 'joey/pouch-7B' },
  { view: 'downloads' },
])('%j is where its link leads', (route) => {
  expect(parseRoute(hrefOf(route))).toEqual(route);
});

test.each(['', '#composer', '#/', '#/elsewhere/find'])('%j is the chat', (fragment) => {
  expect(parseRoute(fragment)).toEqual({ view: 'chat' });
});

test('what is not a valid escape is taken as it is', () => {
  expect(parseRoute('#/models/library/100%')).toEqual({ view: 'library', modelId: '100%' });
});
