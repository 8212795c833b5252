import test from 'ava';
import {sanitizeLog} from '../../../source/terminal/sanitize-log.ts';

test('sanitizeLog() keeps colours, written anew, and closes them', t => {
	t.is(sanitizeLog('\u001B[1;31mred\u001B[m plain\n', 'true'), '\u001B[1;31mred\u001B[0m plain\u001B[0m');
	t.is(sanitizeLog('\u001B[38;2;255;0;0mx', 'true'), '\u001B[38;2;255;0;0mx\u001B[0m');
	t.is(sanitizeLog('\u001B[38;2;255;0;0mx', 'palette'), '\u001B[38;5;196mx\u001B[0m');
	t.is(sanitizeLog('\u001B[38;5;9mx', 'basic'), '\u001B[91mx\u001B[0m');
	t.is(sanitizeLog('\u001B[48;2;250;20;10mx', 'basic'), '\u001B[101mx\u001B[0m', 'the likeliest of sixteen');
	t.is(sanitizeLog('\u001B[31mx', 'none'), 'x');
});

test('sanitizeLog() leaves every other sequence out whole', t => {
	for (const evil of [
		'\u001B[2J',
		'\u001B]0;title\u0007',
		'\u001B]52;c;x\u001B\\',
		'\u001BPq\u001B\\',
		'\u001B[6n',
		'\u001Bc',
		'\u009B2J',
		'\u001B[8m',
		'\u001B[5m',
		'\u001B[?1049h',
		'\u009D0;x\u009C',
	])
		t.is(sanitizeLog(`a${evil}b\n`, 'true'), 'ab', JSON.stringify(evil));
	t.is(sanitizeLog('a\u001B]0;never ended', 'true'), 'a');
});

test('sanitizeLog() of ten thousand random strings holds nothing but text and colours', t => {
	let seed = 42;
	const random = (below: number): number => {
		seed = (seed * 1_103_515_245 + 12_345) % 2 ** 31;
		return seed % below;
	};
	const parts = [
		'\u001B',
		'[',
		']',
		'0',
		';',
		'm',
		'31',
		'\u0007',
		'\\',
		'P',
		'\u009B',
		'\u0000',
		'\r',
		'\t',
		'x',
		'38;5;',
		'?',
		'\u202E',
		'\u0008',
		'c',
		'\u009D',
		'数',
		'J',
		'$',
		' ',
	];
	for (let round = 0; round < 10_000; round++) {
		const text = Array.from({length: 1 + random(24)}, () => parts[random(parts.length)]).join('');
		const rest = sanitizeLog(text, 'true').replaceAll(/\u001B\[[\d;]+m/g, '');
		if (/[\u0000-\u001F\u007F-\u009F\u202A-\u202E]/.test(rest)) t.fail(JSON.stringify({text, rest}));
	}
	t.pass();
});

test('sanitizeLog() shows the last state of a line that was rewritten, and expands tabs', t => {
	t.is(sanitizeLog('10%\r50%\r100%\r\n', 'true'), '100%');
	t.is(sanitizeLog('a\tb é\n', 'true'), 'a       b é');
});

test('sanitizeLog() bounds a line', t => {
	t.true(sanitizeLog('x'.repeat(90_000), 'true').length < 17_000);
});
