import test from 'ava';
import {parseStrictJson} from '../../core/oci/json.ts';

const read = (text: string | Uint8Array) => parseStrictJson(typeof text === 'string' ? Buffer.from(text) : text, 'the manifest');

test('parseStrictJson() reads what JSON.parse reads', t => {
	for (const text of ['{}', ' [1, -2.5e3, "a\\u00e9\\n", true, false, null, {"a": {"b": []}}] ', '"\\ud83d\\ude00"', '0', '-0.1', '9007199254740991', '"ünïcode €"']) {
		t.deepEqual(JSON.parse(JSON.stringify(read(text))), JSON.parse(text));
	}
});

test('parseStrictJson() gives objects that inherit nothing', t => {
	const value = read('{"constructor": 1}') as Record<string, unknown>;
	t.is(Object.getPrototypeOf(value), null);
	t.is(value['toString'], undefined);
	t.is(({} as Record<string, unknown>)['polluted'], undefined);
});

const nested = (depth: number) => '['.repeat(depth) + ']'.repeat(depth);

test('parseStrictJson() takes nesting up to its limit', t => {
	t.notThrows(() => read(nested(64)));
	t.throws(() => read(nested(66)), {message: /nested deeper than 64/});
	t.throws(() => read('['.repeat(2_000_000)), {message: /nested deeper than 64/});
});

const refused: Array<[string, string | Uint8Array, RegExp]> = [
	['a duplicate key', '{"a":1,"a":2}', /"a" appears twice/],
	['a duplicate key written otherwise', '{"a":1,"\\u0061":2}', /appears twice/],
	['__proto__', '{"__proto__":{"polluted":1}}', /__proto__/],
	['an integer that a double cannot hold', '9007199254740993', /out of range/],
	['an endless number', '1e999', /out of range/],
	['half a surrogate pair', '"\\ud800"', /surrogate/],
	['bytes that are no UTF-8', Uint8Array.of(0x22, 0xff, 0x22), /UTF-8/],
	['a byte order mark', '\ufeff{}', /unexpected/],
	['a trailing comma', '[1,]', /unexpected/],
	['a comment', '{/* */}', /key is missing/],
	['a leading zero', '01', /follows its end/],
	['a bare control character', '"a\nb"', /string is broken/],
	['an unknown escape', '"\\x41"', /string is broken/],
	['NaN', 'NaN', /unexpected/],
	['a second document', '{}{}', /follows its end/],
	['nothing', '', /cut off/],
	['half a document', '{"a":', /cut off/],
	['a missing colon', '{"a" 1}', /colon/],
	['single quotes', "{'a':1}", /key is missing/],
];

for (const [what, text, reason] of refused) {
	test(`parseStrictJson() refuses ${what}`, t => {
		t.throws(() => read(text), {message: reason, code: 'json.invalid'});
	});
}
