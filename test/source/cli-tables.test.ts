import {readFileSync} from 'node:fs';
import {join} from 'node:path';
import test from 'ava';
import {capabilityNames} from '../../core/bundle/capabilities.ts';
import {checkDevice, parseGpus} from '../../source/cli/device-values.ts';
import {parseBytes} from '../../source/cli/flag-kinds.ts';
import {checkEnv, checkLabel, parseRestart, parseUlimit} from '../../source/cli/run-values.ts';

/** Rows of other projects' public tests, where HAWSER_CASES names a folder with them: what they take we take, what they refuse we refuse. */
const folder = process.env['HAWSER_CASES'];
const table = <T>(file: string, name: string): T => (JSON.parse(readFileSync(join(folder ?? '', file), 'utf8')) as Record<string, T>)[name] as T;
const tried = folder === undefined ? test.skip : test;

const opts = 'cli/cli/command/container/opts_test.go:';
const refusal = (work: () => unknown): string | undefined => {
	try {
		work();
		return undefined;
	} catch (error) {
		return (error as Error).message.replace(/^hawser: /, '');
	}
};

tried('devices', t => {
	for (const text of table<string[]>('cli-container.json', `${opts}TestValidateDevice#0`))
		t.is(
			refusal(() => checkDevice(text)),
			undefined,
			text,
		);
	for (const [text, sentence] of Object.entries(table<Record<string, string>>('cli-container.json', `${opts}TestValidateDevice#1`)))
		t.is(
			refusal(() => checkDevice(text)),
			sentence,
			text,
		);
});

tried('restart policies', t => {
	for (const {input, expectedErr} of table<Array<{input: string; expectedErr?: string}>>('cli-container.json', `${opts}TestParseRestartPolicy#0`))
		if (expectedErr !== undefined)
			t.is(
				refusal(() => parseRestart(input)),
				expectedErr,
				input,
			);
});

tried('variables', t => {
	for (const {value, expectedErr} of table<Array<{value: string; expectedErr?: string}>>('cli-opts.json', 'cli/opts/env_test.go:TestValidateEnv#0'))
		t.is(
			refusal(() => checkEnv(value)),
			expectedErr,
			value,
		);
});

tried('labels', t => {
	for (const {value = '', expectedErr} of table<Array<{value?: string; expectedErr?: string}>>('cli-opts.json', 'cli/opts/opts_test.go:TestValidateLabel#0'))
		t.is(
			refusal(() => checkLabel(value)),
			expectedErr,
			value,
		);
});

tried('GPUs', t => {
	for (const text of table<string[]>('cli-opts.json', 'cli/opts/gpus_test.go:TestGpusOptAll#0')) t.is(parseGpus(text).count, -1, text);
	for (const text of table<string[]>('cli-opts.json', 'cli/opts/gpus_test.go:TestGpusOpts#0'))
		t.is(
			refusal(() => parseGpus(text)),
			undefined,
			text,
		);
});

tried('ulimits', t => {
	for (const {in: text, expected} of table<Array<{in: string; expected: {Name: string; Soft: number; Hard: number}}>>(
		'go-units.json',
		'go-units/ulimit_test.go:TestParseUlimitUnlimited#0',
	))
		t.deepEqual(parseUlimit(text), {name: expected.Name, soft: expected.Soft, hard: expected.Hard});
});

tried('sizes', t => {
	const refused = ['', '-1'];
	for (const text of table<string[]>('go-units.json', 'go-units/size_test.go:BenchmarkParseSize#0'))
		t.is(refusal(() => parseBytes(text)) !== undefined, refused.includes(text), text);
});

tried('capabilities', t => {
	for (const {in: name, out} of table<Array<{in: string; out: string}>>('cli-opts.json', 'cli/opts/capabilities_test.go:TestNormalizeCapability#0'))
		if (refusal(() => capabilityNames('CapAdd', [name])) === undefined) t.deepEqual(capabilityNames('CapAdd', [name]), [out], name);
});
