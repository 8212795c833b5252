import {engineVersion} from '../../core/index.ts';
import {objectFormatFlag} from '../cli/common-flags.ts';
import {renderObject} from '../cli/object-format.ts';
import {print} from '../cli/output.ts';
import type {Verb} from '../cli/verb.ts';

export const verb: Verb = {
	usage: '[OPTIONS]',
	description: 'Show the version information',
	args: [0, 0],
	flags: [objectFormatFlag],
	async run({flags}) {
		const version = engineVersion() as Versions;
		const format = flags.text('format');
		if (format === '') print(plainText(version));
		else if (format === 'json') print(`${JSON.stringify(version)}\n`);
		else print(await renderObject(format, version));
		return 0;
	},
};

type Versions = {readonly Client: Record<string, unknown>; readonly Server: Record<string, unknown>};

const textOf = (value: unknown): string => (typeof value === 'string' ? value : '');

type Line = readonly [title: string, value: (fields: Record<string, unknown>) => unknown];

const COMMON: readonly Line[] = [
	['Version', ({Version}) => Version],
	['API version', ({ApiVersion, MinAPIVersion}) => `${textOf(ApiVersion)}${MinAPIVersion === undefined ? '' : ` (minimum version ${textOf(MinAPIVersion)})`}`],
	['Node version', ({NodeVersion}) => NodeVersion],
	['OS/Arch', ({Os, Arch}) => `${String(Os)}/${String(Arch)}`],
];

const TITLE_WIDTH = 19;

const section = (indent: string, lines: readonly Line[], fields: Record<string, unknown>): string =>
	lines.map(([title, value]) => `${`${indent}${title}:`.padEnd(TITLE_WIDTH)} ${String(value(fields))}\n`).join('');

const plainText = ({Client, Server}: Versions): string =>
	`Client: Hawser\n${section(' ', [...COMMON, ['Context', ({Context}) => Context]], Client)}\nServer: Hawser (in the same program)\n Engine:\n${section('  ', [...COMMON, ['Kernel version', ({KernelVersion}) => KernelVersion]], Server)}`;
