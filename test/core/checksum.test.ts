import {crc32 as zlibCrc32} from 'node:zlib';
import test from 'ava';
import {crc32, shortHash} from '../../core/platform/checksum.ts';
import {randomHex, randomInt} from '../../core/platform/random.ts';

test('crc32() is that of zlib', t => {
	for (const text of ['', 'a', 'version 1\nid abc\n', 'ü€\u{1f600}'.repeat(100)]) t.is(crc32(text), zlibCrc32(text));
});

test('shortHash() and randomHex() meet no name twice', t => {
	const names = new Set(Array.from({length: 20_000}, (_, number) => shortHash(`store\0container${number}\0network`).slice(0, 11)));
	t.is(names.size, 20_000);
	t.is(new Set(Array.from({length: 1000}, () => randomHex(8))).size, 1000);
	t.true(Array.from({length: 1000}, () => randomInt(7)).every(number => number >= 0 && number < 7));
});
