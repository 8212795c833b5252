import {apiVersion, engineInfo, version} from '../../core/index.ts';
import {objectFormatFlag} from '../cli/common-flags.ts';
import {renderObject} from '../cli/object-format.ts';
import {print} from '../cli/output.ts';
import {binarySize} from '../cli/units.ts';
import type {Verb} from '../cli/verb.ts';

export const verb: Verb = {
	usage: '[OPTIONS]',
	description: 'Show what this host and store offer',
	args: [0, 0],
	flags: [objectFormatFlag],
	async run({flags, engine}) {
		const info = {...engineInfo(engine()), ClientInfo: clientInfo};
		const format = flags.text('format');
		if (format === '') print(plainText(info));
		else if (format === 'json') print(`${JSON.stringify(info)}\n`);
		else print(await renderObject(format, info, (await import('../cli/inspect-view.ts')).structView(info)));
		return 0;
	},
};

const clientInfo = {
	Debug: false,
	Version: version,
	DefaultAPIVersion: apiVersion,
	GitCommit: '',
	GoVersion: '',
	Os: 'linux',
	Arch: process.arch === 'x64' ? 'amd64' : process.arch,
	BuildTime: '',
	Context: 'default',
	Plugins: [],
	Warnings: null,
};

type Info = Record<string, unknown>;

type Section = readonly [title: string, value: (info: Info) => unknown];

const list = (value: unknown): string => (Array.isArray(value) ? value.join(' ') : Object.keys(value ?? {}).join(' '));
const below = (lines: readonly string[], indent = '  '): string => lines.map(line => `\n${indent}${line}`).join('');

/** `name=seccomp,profile=builtin`: the name, and under it what else there is. */
const securityText = (options: unknown): string =>
	(options as string[])
		.map(option => {
			const [name = '', ...more] = option.split(',');
			return (
				below([name.replace(/^name=/, '')]) +
				below(
					more.map(pair => pair.replace(/^(.)([^=]*)=/, (_, first: string, rest: string) => `${first.toUpperCase()}${rest}: `)),
					'   ',
				)
			);
		})
		.join('');

const plugins = (info: Info): string => {
	const named = info['Plugins'] as Record<string, string[] | null>;
	return below(['Volume', 'Network', 'Log'].map(kind => `${kind}: ${(named[kind] ?? []).join(' ')}`));
};

/** In the order of `docker info`. */
const SECTIONS: readonly Section[] = [
	[
		'Containers',
		({Containers, ContainersRunning, ContainersPaused, ContainersStopped}) =>
			`${String(Containers)}${below([`Running: ${String(ContainersRunning)}`, `Paused: ${String(ContainersPaused)}`, `Stopped: ${String(ContainersStopped)}`])}`,
	],
	['Images', ({Images}) => Images],
	['Server Version', ({ServerVersion}) => ServerVersion],
	['Storage Driver', ({Driver, DriverStatus}) => `${String(Driver)}${below((DriverStatus as string[][]).map(([key, value]) => `${key}: ${value}`))}`],
	['Logging Driver', ({LoggingDriver}) => LoggingDriver],
	['Cgroup Driver', ({CgroupDriver}) => CgroupDriver],
	['Cgroup Version', ({CgroupVersion}) => CgroupVersion],
	['Plugins', plugins],
	['CDI spec directories', ({CDISpecDirs}) => below(CDISpecDirs as string[])],
	['Swarm', () => 'inactive'],
	['Runtimes', ({Runtimes}) => list(Runtimes)],
	['Default Runtime', ({DefaultRuntime}) => DefaultRuntime],
	['Security Options', ({SecurityOptions}) => securityText(SecurityOptions)],
	['Kernel Version', ({KernelVersion}) => KernelVersion],
	['Operating System', ({OperatingSystem}) => OperatingSystem],
	['OSType', ({OSType}) => OSType],
	['Architecture', ({Architecture}) => Architecture],
	['CPUs', ({NCPU}) => NCPU],
	['Total Memory', ({MemTotal}) => binarySize(Number(MemTotal))],
	['Name', ({Name}) => Name],
	['ID', ({ID}) => ID],
	['Hawser Root Dir', ({DockerRootDir}) => DockerRootDir],
	['Hawser State Dir', ({StateDir}) => StateDir],
	['Debug Mode', ({Debug}) => Debug],
	['Experimental', ({ExperimentalBuild}) => ExperimentalBuild],
	['Live Restore Enabled', ({LiveRestoreEnabled}) => LiveRestoreEnabled],
];

function plainText(info: Info): string {
	const lines = SECTIONS.map(([title, value]) => {
		const text = String(value(info));
		return ` ${title}:${text.startsWith('\n') || text === '' ? '' : ' '}${text}`;
	});
	const warnings = Array.isArray(info['Warnings']) ? info['Warnings'].map(warning => `WARNING: ${String(warning)}`) : [];
	return `Client: Hawser\n Version:    ${version}\n Context:    default\n Debug Mode: false\n\nServer:\n${[...lines, '', ...warnings].join('\n')}\n`;
}
