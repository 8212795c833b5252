import test from 'ava';
import {createKeyParser, type Press} from '../../../source/terminal/keys.ts';

const parse = (...chunks: readonly string[]): readonly Press[] => {
	const parser = createKeyParser();
	return chunks.flatMap(chunk => parser.feed(Buffer.from(chunk)));
};
const keys = (...chunks: readonly string[]): readonly string[] => parse(...chunks).map(press => (press.kind === 'key' ? press.key : press.kind));

test('letters, controls and named keys', t => {
	t.deepEqual(keys('jG/é数'), ['j', 'G', '/', 'é', '数']);
	t.deepEqual(keys('\u0003\u0004\t\r\u007F\u001D'), ['ctrl-c', 'ctrl-d', 'tab', 'enter', 'backspace', 'ctrl-]']);
	t.deepEqual(keys('\u001B[A\u001BOB\u001B[5~\u001B[Z\u001BOP\u001B[1;5C\u001B[13~'), ['up', 'down', 'pageup', 'shift-tab', 'f1', 'ctrl-right', 'f3']);
});

test('a sequence may come in pieces, a character, too', t => {
	t.deepEqual(keys('\u001B', '[', 'A'), ['up']);
	const parser = createKeyParser();
	const bytes = Buffer.from('数');
	t.deepEqual([...parser.feed(bytes.subarray(0, 1)), ...parser.feed(bytes.subarray(1))], [{kind: 'key', key: '数'}]);
});

test('an escape that nothing follows is the key', t => {
	const parser = createKeyParser();
	t.deepEqual(parser.feed(Buffer.from('\u001B')), []);
	t.true(parser.pending);
	t.deepEqual(parser.flush(), [{kind: 'key', key: 'escape'}]);
});

test('what terminals answer to questions never becomes a key', t => {
	const replies = [
		'\u001B[?62;22c',
		'\u001B[24;80R',
		'\u001B]11;rgb:0000/0000/0000\u0007',
		'\u001BP1$r0m\u001B\\',
		'\u001B[?2026;2$y',
		'\u001B]52;c;ZGVsZXRl\u001B\\',
		'\u001B[I',
		'\u001B_Gi=1;OK\u001B\\',
		'\u009B24;80R'.slice(0, 1),
	];
	for (const reply of replies) t.deepEqual(keys(reply), [], JSON.stringify(reply));
});

test('pasted text is a paste, whatever stands in it', t => {
	t.deepEqual(parse('\u001B[200~Dy\u001B[2J\r\u001B[201~j'), [
		{kind: 'paste', text: 'Dy\u001B[2J\r'},
		{kind: 'key', key: 'j'},
	]);
	t.deepEqual(parse('\u001B[200~half', ' more\u001B[201~'), [{kind: 'paste', text: 'half more'}]);
});

test('a letter right after an escape is a key of its own', t => {
	t.deepEqual(keys('\u001Bv'), ['escape', 'v']);
});

test('mouse reports say where', t => {
	t.deepEqual(parse('\u001B[<0;3;5M\u001B[<64;1;1M'), [
		{kind: 'mouse', action: 'press', x: 2, y: 4},
		{kind: 'mouse', action: 'wheel-up', x: 0, y: 0},
	]);
});

test('what follows a press can be taken by somebody else', t => {
	const parser = createKeyParser();
	const seen: string[] = [];
	for (const press of parser.steps(Buffer.from('5\rexit\r'))) {
		seen.push(press.kind === 'key' ? press.key : press.kind);
		if (seen.at(-1) === 'enter') seen.push(parser.takeRest());
	}
	t.deepEqual(seen, ['5', 'enter', 'exit\r']);
});
