import {readFileSync} from 'node:fs';
import test from 'ava';
import {keysPage} from '../../../tools/keys.js';

test('docs/keys.md says what the keys do: `npm run keys` writes it', t => {
	t.is(readFileSync(new URL('../../../docs/keys.md', import.meta.url), 'utf8'), keysPage());
});
