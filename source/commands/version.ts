import {engineVersion} from '../../core/index.ts';
import {objectFormatFlag} from '../cli/common-flags.ts';
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
		else print(`${(await import('../cli/format-template.ts')).compileObject(format)(version)}\n`);
		return 0;
	},
};

type Versions = {readonly Client: Record<string, unknown>; readonly Server: Record<string, unknown>};

const TITLES: Readonly<Record<string, string>> = {NodeVersion: 'Node version', KernelVersion: 'Kernel version', ApiVersion: 'API version'};

const line = (indent: string, name: string, value: unknown): string => `${indent}${`${name}:`.padEnd(18)} ${String(value)}\n`;

function plainText({Client, Server}: Versions): string {
	const section = (indent: string, fields: Record<string, unknown>): string => {
		const {Os, Arch, ...rest} = fields;
		const named = Object.entries(rest).filter(([, value]) => typeof value === 'string' && value !== '');
		const platform = Os === undefined ? '' : line(indent, 'OS/Arch', `${String(Os)}/${String(Arch)}`);
		return named.map(([name, value]) => line(indent, TITLES[name] ?? name, value)).join('') + platform;
	};
	return `Client: Hawser\n${section(' ', Client)}\nServer: Hawser (in the same program)\n${section(' ', Server)}`;
}
