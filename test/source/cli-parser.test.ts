import test from 'ava';
import {parseBytes, parseDuration} from '../../source/cli/flag-kinds.ts';
import {type Flag, readFlags} from '../../source/cli/flags.ts';
import {parseWords} from '../../source/cli/parser.ts';
import {containerFlags} from '../../source/cli/run-flags.ts';
import {parseDeviceRate} from '../../source/cli/device-values.ts';
import {parseRestart, parseUlimit} from '../../source/cli/run-values.ts';

const flags: readonly Flag[] = [
	{name: 'all', short: 'a', kind: 'bool', help: ''},
	{name: 'quiet', short: 'q', kind: 'bool', help: ''},
	{name: 'last', short: 'n', kind: 'int', default: '-1', help: ''},
	{name: 'publish', short: 'p', kind: 'list', help: ''},
	{name: 'filter', short: 'f', kind: 'filter', help: ''},
];

const parse = (line: string, interspersed = true) => {
	const {values, words, help} = parseWords(flags, line.split(' ').filter(Boolean), {interspersed});
	return {flags: readFlags(flags, values), words, help};
};

test('flags are read in every form that the GNU style has', t => {
	for (const line of ['-p8080:80 -p 81:81 -aq', '--publish=8080:80 --publish 81:81 --all --quiet=true', '-aqp8080:80 -p=81:81']) {
		const {flags: read} = parse(line);
		t.deepEqual(read.list('publish'), ['8080:80', '81:81'], line);
		t.true(read.bool('all') && read.bool('quiet'), line);
	}
	t.is(parse('-n5').flags.int('last'), 5);
	t.is(parse('').flags.int('last'), -1);
	t.false(parse('--all=false').flags.bool('all'));
});

test('words behind -- and behind the first argument of run are left alone', t => {
	t.deepEqual(parse('a -q b').words, ['a', 'b']);
	t.deepEqual(parse('-q -- -a b').words, ['-a', 'b']);
	t.deepEqual(parse('-q image -a --x -- y', false).words, ['image', '-a', '--x', '--', 'y']);
	t.deepEqual(parse('-').words, ['-']);
	t.true(parse('-a --help --nonsense').help);
});

const sentences: ReadonlyArray<readonly [line: string, sentence: string]> = [
	['--bogus', 'unknown flag: --bogus'],
	['-aqx', "unknown shorthand flag: 'x' in -x"],
	['-Z', "unknown shorthand flag: 'Z' in -Z"],
	['-p', "flag needs an argument: 'p' in -p"],
	['--publish', 'flag needs an argument: --publish'],
	['--=x', 'bad flag syntax: --=x'],
	['-n x', 'invalid argument "x" for "-n, --last" flag: strconv.ParseInt: parsing "x": invalid syntax'],
	['--all=maybe', 'invalid argument "maybe" for "-a, --all" flag: strconv.ParseBool: parsing "maybe": invalid syntax'],
	['--filter bogus', 'invalid argument "bogus" for "-f, --filter" flag: bad format of filter (expected name=value)'],
];
for (const [line, sentence] of sentences) test(`"${line}" is refused in Docker's words`, t => void t.throws(() => parse(line), {message: sentence}));

test('sizes are read as Docker reads them', t => {
	const sizes: ReadonlyArray<readonly [text: string, bytes: number]> = [
		['32', 32],
		['32b', 32],
		['32k', 32_768],
		['32KiB', 32_768],
		['32 MB', 33_554_432],
		['1.5g', 1_610_612_736],
		['0.3mb', 314_572],
	];
	for (const [text, bytes] of sizes) t.is(parseBytes(text), bytes, text);
	for (const text of ['', 'x', '-1', '1 2', '1bb', '12x', '1.2.3']) t.throws(() => parseBytes(text), undefined, text);
});

test('durations are read as Go reads them', t => {
	t.is(parseDuration('1h30m'), 5_400_000);
	t.is(parseDuration('250ms'), 250);
	t.is(parseDuration('0'), 0);
	t.is(parseDuration('-1.5s'), -1500);
	for (const text of ['', '5', 'h', '1x', '1h x']) t.throws(() => parseDuration(text), undefined, text);
});

test('values of run with a grammar of their own', t => {
	t.deepEqual(parseDeviceRate('/dev/sda:1mb'), {path: '/dev/sda', rate: 1_048_576});
	t.throws(() => parseDeviceRate('x'), {message: 'bad format: x'});
	t.deepEqual(parseUlimit('nofile=10:20'), {name: 'nofile', soft: 10, hard: 20});
	t.deepEqual(parseUlimit('core=-1'), {name: 'core', soft: -1, hard: -1});
	t.throws(() => parseUlimit('x'), {message: 'invalid ulimit argument: x'});
	t.throws(() => parseUlimit('nofile=20:10'));
	t.deepEqual(parseRestart('on-failure:3'), {name: 'on-failure', maximumRetryCount: 3});
	for (const text of ['bogus', 'always:3', 'on-failure:x', ':1', 'on-failure:1:2']) t.throws(() => parseRestart(text), undefined, text);
});

test('no flag of run has two meanings', t => {
	const names = containerFlags.flatMap(({name, short}) => [name, ...(short === undefined ? [] : [short])]);
	t.is(new Set(names).size, names.length);
});
