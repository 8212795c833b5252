import {formatBytes} from '../format.ts';
import {cell, type Loaded, type TabSpec, targetId} from './tab.ts';

/** Parts of `inspect`, as tables: what is read most. Their shape is Docker's; what is not there is left out. */
type Inspected = {
	readonly Config?: {readonly Env?: readonly string[] | null};
	readonly Mounts?: ReadonlyArray<{
		readonly Type?: string;
		readonly Name?: string;
		readonly Source?: string;
		readonly Destination?: string;
		readonly RW?: boolean;
		readonly Mode?: string;
	}>;
	readonly NetworkSettings?: {
		readonly Networks?: Readonly<
			Record<string, {readonly IPAddress?: string; readonly Gateway?: string; readonly MacAddress?: string; readonly Aliases?: readonly string[] | null}>
		>;
		readonly Ports?: Readonly<Record<string, ReadonlyArray<{readonly HostIp?: string; readonly HostPort?: string}> | null>>;
	};
	readonly HostConfig?: {readonly ShmSize?: number};
};

export const environment: TabSpec = {
	title: 'Environment',
	kind: 'container',
	view: 'sheet',
	empty: 'No variables are set',
	columns: [
		{name: 'name', title: 'NAME', width: 24, grow: 1, keep: 100},
		{name: 'value', title: 'VALUE', width: 30, grow: 3, keep: 90},
	],
	load(reading): Loaded {
		const {Config = {}} = reading.engine.inspectContainer(targetId(reading)) as Inspected;
		const nodes = (Config.Env ?? []).map((line, index) => {
			const at = line.indexOf('=');
			return {key: `${index} ${line.slice(0, at)}`, cells: {name: cell(line.slice(0, at), 'cpu'), value: cell(line.slice(at + 1), 'receive')}};
		});
		return {nodes, note: 'of the main process'};
	},
};

export const mounts: TabSpec = {
	title: 'Mounts',
	kind: 'container',
	view: 'sheet',
	empty: 'Nothing is mounted into it but what every container has',
	reload: 'event',
	columns: [
		{name: 'target', title: 'IN THE CONTAINER', width: 20, grow: 2, keep: 100},
		{name: 'type', title: 'TYPE', width: 7, keep: 80},
		{name: 'mode', title: 'MODE', width: 6, keep: 90},
		{name: 'source', title: 'FROM', width: 20, grow: 3, keep: 70},
	],
	load(reading): Loaded {
		const {Mounts = []} = reading.engine.inspectContainer(targetId(reading)) as Inspected;
		return {
			nodes: Mounts.map(({Type = '', Name, Source = '', Destination = '', RW = true, Mode = ''}, index) => ({
				key: `${index} ${Destination}`,
				cells: {
					target: cell(Destination, 'strong'),
					type: cell(Type, 'muted'),
					mode: cell(RW ? 'rw' : 'ro', RW ? 'text' : 'warn'),
					source: cell(Type === 'tmpfs' ? Mode || 'memory' : (Name ?? Source), 'muted'),
				},
				...(Type === 'volume' && Name !== undefined && {target: {kind: 'volume' as const, id: Name, name: Name}}),
			})),
		};
	},
};

export const network: TabSpec = {
	title: 'Network',
	kind: 'container',
	view: 'sheet',
	empty: 'It has no network',
	reload: 'event',
	columns: [
		{name: 'what', title: 'WHAT', width: 10, keep: 90},
		{name: 'name', title: 'NAME', width: 14, grow: 1, keep: 100},
		{name: 'address', title: 'ADDRESS', width: 22, grow: 1, keep: 95},
		{name: 'more', title: '', width: 20, grow: 3, keep: 60},
	],
	load(reading): Loaded {
		const {NetworkSettings: {Networks = {}, Ports = {}} = {}} = reading.engine.inspectContainer(targetId(reading)) as Inspected;
		const {counters} = reading.state;
		const live = counters?.id === targetId(reading) ? counters.sample : undefined;
		const networks = Object.entries(Networks).map(([name, {IPAddress = '', Gateway = '', MacAddress = '', Aliases}]) => ({
			key: `network ${name}`,
			cells: {
				what: cell('network', 'muted'),
				name: cell(name, 'strong'),
				address: cell(IPAddress || '–', 'cpu'),
				more: cell([Gateway && `gateway ${Gateway}`, MacAddress, Aliases && Aliases.length > 0 ? `also ${Aliases.join(', ')}` : ''].filter(Boolean).join('  '), 'muted'),
			},
		}));
		const ports = Object.entries(Ports).map(([port, bindings]) => ({
			key: `port ${port}`,
			cells: {
				what: cell('port', 'muted'),
				name: cell(port, 'strong'),
				address: cell((bindings ?? []).map(({HostIp = '', HostPort = ''}) => `${HostIp}:${HostPort}`).join(' ') || '–', bindings ? 'receive' : 'faint'),
				more: cell(bindings ? '' : 'exposed, not published', 'faint'),
			},
		}));
		const traffic = live
			? [
					{
						key: 'traffic',
						cells: {
							what: cell('traffic', 'muted'),
							name: cell('since the start', 'muted'),
							address: cell(`↓ ${formatBytes(live.rxBytes)}  ↑ ${formatBytes(live.txBytes)}`, 'text'),
							more: cell(''),
						},
					},
				]
			: [];
		return {nodes: [...networks, ...ports, ...(Object.keys(Networks).length > 0 ? traffic : [])]};
	},
};
