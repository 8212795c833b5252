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

const LINES = {Version: 'Version', ApiVersion: 'API version', NodeVersion: 'Node version', KernelVersion: 'Kernel version'};

const line = (name: string, value: unknown): string => ` ${`${name}:`.padEnd(18)} ${String(value)}\n`;

function section(fields: Record<string, unknown>): string {
	const named = Object.entries(LINES).filter(([key]) => fields[key] !== undefined);
	return named.map(([key, title]) => line(title, fields[key])).join('') + line('OS/Arch', `${String(fields['Os'])}/${String(fields['Arch'])}`);
}

const plainText = ({Client, Server}: Versions): string => `Client: Hawser\n${section(Client)}\nServer: Hawser (in the same program)\n${section(Server)}`;
