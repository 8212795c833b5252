import {engineInfo, version} from '../../core/index.ts';
import {objectFormatFlag} from '../cli/common-flags.ts';
import {print} from '../cli/output.ts';
import {binarySize} from '../cli/units.ts';
import type {Verb} from '../cli/verb.ts';

export const verb: Verb = {
	usage: '[OPTIONS]',
	description: 'Show what this host and store offer',
	args: [0, 0],
	flags: [objectFormatFlag],
	async run({flags, engine}) {
		const info = {...engineInfo(engine()), ClientInfo: {Version: version, Context: 'default', Debug: false}};
		const format = flags.text('format');
		if (format === '') print(plainText(info));
		else if (format === 'json') print(`${JSON.stringify(info)}\n`);
		else print(`${(await import('../cli/format-template.ts')).compileObject(format)(info)}\n`);
		return 0;
	},
};

type Info = Record<string, unknown>;

/** Fields in the order of `docker info`: heading, key, and how to write it. */
const LINES: ReadonlyArray<readonly [heading: string, key: string, show?: (value: unknown) => string]> = [
	[' Containers', 'Containers'],
	['  Running', 'ContainersRunning'],
	['  Paused', 'ContainersPaused'],
	['  Stopped', 'ContainersStopped'],
	[' Images', 'Images'],
	[' Server Version', 'ServerVersion'],
	[' Storage Driver', 'Driver'],
	[' Logging Driver', 'LoggingDriver'],
	[' Cgroup Driver', 'CgroupDriver'],
	[' Cgroup Version', 'CgroupVersion'],
	[' Runtimes', 'Runtimes', value => Object.keys(value as object).join(' ')],
	[' Default Runtime', 'DefaultRuntime'],
	[
		' Security Options',
		'SecurityOptions',
		value =>
			(value as string[])
				.map(
					option =>
						`\n  ${option
							.replace(/^name=/, '')
							.replaceAll(',', '\n   ')
							.replaceAll('=', ': ')}`,
				)
				.join(''),
	],
	[' Kernel Version', 'KernelVersion'],
	[' Operating System', 'OperatingSystem'],
	[' OSType', 'OSType'],
	[' Architecture', 'Architecture'],
	[' CPUs', 'NCPU'],
	[' Total Memory', 'MemTotal', value => binarySize(Number(value))],
	[' Name', 'Name'],
	[' ID', 'ID'],
	[' Hawser Root Dir', 'DockerRootDir'],
	[' Hawser State Dir', 'StateDir'],
];

function plainText(info: Info): string {
	const lines = LINES.flatMap(([heading, key, show = String]) => {
		const value = info[key];
		return value === undefined || value === null ? [] : [`${heading}:${show(value).startsWith('\n') ? '' : ' '}${show(value)}`];
	});
	const warnings = Array.isArray(info['Warnings']) ? info['Warnings'].map(warning => `WARNING: ${String(warning)}`) : [];
	return `Client: Hawser\n Version:    ${version}\n\nServer:\n${[...lines, '', ...warnings].join('\n')}\n`;
}
