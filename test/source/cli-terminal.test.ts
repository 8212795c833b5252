import test from 'ava';
import {createDetachFilter, DEFAULT_DETACH_KEYS, parseDetachKeys} from '../../source/cli/detach-keys.ts';
import {sanitizeLine, sanitizeText} from '../../source/terminal/sanitize.ts';

const bytes = (text: string): Uint8Array => Buffer.from(text, 'latin1');
const P = '\u0010';
const Q = '\u0011';

test("detach keys are read in Docker's grammar", t => {
	t.deepEqual([...parseDetachKeys(DEFAULT_DETACH_KEYS)], [16, 17]);
	t.deepEqual([...parseDetachKeys('ctrl-@,a,ctrl-[,ctrl-_')], [0, 97, 27, 31]);
	for (const text of ['', 'ctrl-', 'ctrl-1', 'ab', 'é', 'a,,b']) t.throws(() => parseDetachKeys(text), undefined, text);
});

test('the keys end the session; their beginning alone goes on to the program', t => {
	const feed = (...pieces: string[]): string => {
		const filter = createDetachFilter(parseDetachKeys(DEFAULT_DETACH_KEYS));
		return pieces
			.map(piece => filter.feed(bytes(piece)))
			.map(({data, detached}) => Buffer.from(data).toString('latin1') + (detached ? '!' : ''))
			.join('|');
	};
	t.is(feed(`ab${P}${Q}cd`), 'ab!');
	t.is(feed(`a${P}`, `${Q}`), 'a|!');
	t.is(feed(`a${P}`, 'b'), `a|${P}b`);
	t.is(feed(`${P}${P}${Q}`), `${P}!`);
	t.is(feed(Q), Q);
});

test('keys that repeat themselves are found wherever they begin', t => {
	const {data, detached} = createDetachFilter(parseDetachKeys('a,a,b')).feed(bytes('xaaab'));
	t.is(Buffer.from(data).toString(), 'xa');
	t.true(detached);
});

test('nothing that passes the sanitiser can steer a terminal', t => {
	const hostile = [
		'\u001b[31m',
		'\u009b2J',
		'\u001b]52;c;AAAA\u0007',
		'\rfake',
		'a\u0000b',
		'\u0090q',
		'\u202egpj',
		'x\u200by',
		'\ufeff',
		'\u2028',
		'\ud800',
		'\u007f',
		'\u{e0041}',
	];
	// biome-ignore lint/suspicious/noControlCharactersInRegex: these must be gone
	for (const text of hostile) t.notRegex(sanitizeText(text), /[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u2028\u202e\u200b\ufeff]/, JSON.stringify(text));
	t.is(sanitizeText('a\tb\nc é 漢 🙂'), 'a\tb\nc é 漢 🙂');
	t.is(sanitizeLine('a\tb\nc'), 'a\uFFFDb\uFFFDc');
	t.is(sanitizeLine('prod\u202exe'), 'prod<U+202E>xe');
});
