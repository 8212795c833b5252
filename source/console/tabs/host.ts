import {formatAge, formatBytes, formatPercent} from '../format.ts';
import {isLive} from '../store/select.ts';
import type {SheetNode} from '../store/sheet.ts';
import type {Role} from '../theme/palette.ts';
import {cell, type Loaded, type TabSpec} from './tab.ts';

export const volumes: TabSpec = {
	title: 'Volumes',
	kind: 'host',
	view: 'sheet',
	reload: 'event',
	empty: 'No volumes',
	columns: [
		{name: 'name', middle: true, title: 'NAME', width: 24, grow: 2, keep: 100},
		{name: 'used', title: 'USED BY', width: 16, grow: 1, keep: 90},
		{name: 'age', title: 'AGE', width: 5, align: 'right', keep: 70},
		{name: 'labels', title: 'LABELS', width: 12, grow: 1, keep: 30},
		{name: 'path', title: 'FOLDER', width: 20, grow: 2, keep: 40},
	],
	load({engine, state}): Loaded {
		const nodes = engine.listVolumes().map(({Name, CreatedAt, Labels, Mountpoint}): SheetNode => {
			const users = state.containers.filter(({mounts}) => mounts.includes(Name));
			return {
				key: Name,
				target: {kind: 'volume', id: Name, name: Name},
				cells: {
					name: cell(Name, users.length > 0 ? 'strong' : 'muted'),
					used: cell(users.map(({name}) => name).join(' ') || 'nobody', users.some(user => isLive(user)) ? 'good' : users.length > 0 ? 'text' : 'warn'),
					age: cell(formatAge(CreatedAt, state.now), 'muted', -Date.parse(CreatedAt)),
					labels: cell(
						Object.entries(Labels ?? {})
							.map(([key, value]) => `${key}=${value}`)
							.join(' '),
						'faint',
					),
					path: cell(Mountpoint, 'faint'),
				},
			};
		});
		return {nodes};
	},
};

export const networks: TabSpec = {
	title: 'Networks',
	kind: 'host',
	view: 'sheet',
	reload: 'event',
	empty: 'No networks',
	columns: [
		{name: 'name', title: 'NAME', width: 14, grow: 1, keep: 100},
		{name: 'driver', title: 'DRIVER', width: 7, keep: 80},
		{name: 'subnet', title: 'SUBNET', width: 18, keep: 90},
		{name: 'gateway', title: 'GATEWAY', width: 15, keep: 50},
		{name: 'internal', title: '', width: 8, keep: 40},
		{name: 'used', title: 'CONTAINERS', width: 20, grow: 3, keep: 70},
	],
	load({engine, state}): Loaded {
		const nodes = engine.listNetworks().map(({Name, Id, Driver, IPAM, Internal, Containers}): SheetNode => {
			const config = IPAM.Config?.[0];
			const ends = Object.entries(Containers);
			// Only bridges have endpoints; who is on "host" or "none" is told by the containers.
			const names =
				ends.length > 0
					? ends.map(([, {Name: name, IPv4Address}]) => `${name} ${IPv4Address.split('/')[0]}`)
					: state.containers.filter(container => isLive(container) && Name in container.networks).map(({name}) => name);
			return {
				key: Id,
				target: {kind: 'network', id: Id, name: Name},
				cells: {
					name: cell(Name, names.length > 0 ? 'strong' : 'muted'),
					driver: cell(Driver, 'muted'),
					subnet: cell(config?.Subnet ?? '–', 'cpu'),
					gateway: cell(config?.Gateway ?? '–', 'muted'),
					internal: cell(Internal ? 'internal' : '', 'warn'),
					used: cell(names.join('  '), 'text'),
				},
			};
		});
		return {nodes};
	},
};

const row = (key: string, what: string, words: string, role: Role = 'text', more = ''): SheetNode => ({
	key,
	cells: {what: cell(what, 'muted'), words: cell(words, role), more: cell(more, 'faint')},
});
const heading = (text: string): SheetNode => ({key: `heading ${text}`, cells: {what: cell(text, 'title'), words: cell(''), more: cell('')}});
const gap = (key: string): SheetNode => ({key, cells: {what: cell(''), words: cell(''), more: cell('')}});

const text = (value: unknown): string => (typeof value === 'string' ? value : JSON.stringify(value));

export const system: TabSpec = {
	title: 'System',
	kind: 'host',
	view: 'sheet',
	reload: 'event',
	columns: [
		{name: 'what', title: '', width: 20, keep: 100},
		{name: 'words', title: '', width: 26, grow: 1, keep: 90},
		{name: 'more', title: '', width: 20, grow: 2, keep: 50},
	],
	async load({engine, state}): Promise<Loaded> {
		const {host} = state;
		const info = engine.info();
		const use = await engine.diskUse();
		const checks = await engine.check();
		const sample = host?.sample;
		return {
			nodes: [
				heading('Disk use'),
				...use.map(({type, total, active, size, reclaimable}) =>
					row(`use ${type}`, type, `${size}  in ${total}`, 'text', `${active} in use, ${reclaimable} can be had back${/^0B?\b/.test(reclaimable) ? '' : ' (P prunes)'}`),
				),
				gap('gap 1'),
				heading('Host'),
				row(
					'cpu',
					'Processors',
					`${sample?.cpus ?? text(info['NCPU'])}, ${formatPercent(host?.cpu ?? 0)}% busy`,
					'text',
					sample ? `load ${sample.load.map(value => value.toFixed(2)).join(' ')}` : '',
				),
				...(sample
					? [
							row(
								'memory',
								'Memory',
								`${formatBytes(sample.memoryTotal - sample.memoryAvailable)} of ${formatBytes(sample.memoryTotal)} used`,
								sample.memoryAvailable < sample.memoryTotal / 10 ? 'bad' : 'text',
								`swap ${formatBytes(sample.swapTotal - sample.swapFree)} of ${formatBytes(sample.swapTotal)}`,
							),
						]
					: []),
				...(sample?.pressure
					? [
							row(
								'pressure',
								'Pressure',
								`cpu ${formatPercent(sample.pressure.cpuSome)}  memory ${formatPercent(sample.pressure.memorySome)}/${formatPercent(sample.pressure.memoryFull)}  io ${formatPercent(sample.pressure.ioSome)}/${formatPercent(sample.pressure.ioFull)}`,
								'text',
								'% of the last 10 s, some/full',
							),
						]
					: []),
				row('kernel', 'Kernel', text(info['KernelVersion']), 'text', `${text(info['OperatingSystem'])}, ${text(info['Architecture'])}`),
				row('cgroup', 'Control groups', `version ${text(info['CgroupVersion'])}`, 'text', `driver ${text(info['CgroupDriver'])}`),
				gap('gap 2'),
				heading('Engine'),
				row('version', 'Hawser', text(info['ServerVersion'])),
				row('root', 'Store', text(info['DockerRootDir'])),
				row('state', 'State', text(info['StateDir'])),
				row('runtime', 'Runtime', text(info['DefaultRuntime'])),
				gap('gap 3'),
				heading('Checks'),
				...checks.map(({what, words, good}, index) => row(`check ${index}`, what, words, good ? 'good' : 'bad')),
			],
			note: 'Ctrl-r reads it again',
		};
	},
};
