import {createVolume, exportVolume, importVolume, listVolumes, removeVolume, snapshotVolume, type VolumeSummary} from '../../core/index.ts';
import {writeArchive} from '../cli/archive.ts';
import {filterFlag, formatFlag} from '../cli/common-flags.ts';
import {readFilters} from '../cli/filters.ts';
import {type Listing, renderList} from '../cli/format.ts';
import {print, printLine} from '../cli/output.ts';
import {toMap} from '../cli/run-values.ts';
import {eachTarget} from '../cli/targets.ts';
import type {Verb} from '../cli/verb.ts';

export const create: Verb = {
	usage: '[OPTIONS] [VOLUME]',
	description: 'Create a volume',
	args: [0, 1],
	flags: [
		{name: 'driver', short: 'd', kind: 'string', default: 'local', help: 'Driver of the volume'},
		{name: 'label', kind: 'list', help: 'Set labels'},
		{name: 'opt', short: 'o', kind: 'map', help: 'Set options of the driver'},
	],
	run({flags, args: [name], engine}) {
		const volume = createVolume(engine(), {
			...(name !== undefined && {name}),
			driver: flags.text('driver'),
			labels: toMap(flags.list('label')),
			options: toMap(flags.list('opt')),
		});
		printLine(volume.Name);
		return 0;
	},
};

export const exportVerb: Verb = {
	usage: '[OPTIONS] VOLUME',
	description: 'Write what is in a volume as a tar archive',
	args: [1, 1],
	flags: [{name: 'output', short: 'o', kind: 'string', help: 'Write to a file instead of STDOUT'}],
	async run({flags, args: [name = ''], engine}) {
		await writeArchive(flags.text('output'), 'volume', descriptor => exportVolume(engine(), name, descriptor));
		return 0;
	},
};

export const importVerb: Verb = {
	usage: '[OPTIONS] VOLUME [FILE|-]',
	description: 'Fill a new or empty volume from a tar archive, plain or compressed',
	args: [1, 2],
	flags: [{name: 'label', kind: 'list', help: 'Set labels of a new volume'}],
	async run({flags, args: [name = '', file = '-'], engine}) {
		const volume = await importVolume(engine(), name, file, {labels: toMap(flags.list('label'))});
		printLine(volume.Name);
		return 0;
	},
};

export const snapshot: Verb = {
	usage: '[OPTIONS] VOLUME NEW',
	description: 'Make a new volume that shares its blocks with a volume as it is now',
	args: [2, 2],
	flags: [{name: 'label', kind: 'list', help: 'Set labels of the new volume'}],
	async run({flags, args: [name = '', target = ''], engine}) {
		const volume = await snapshotVolume(engine(), name, target, {labels: toMap(flags.list('label'))});
		printLine(volume.Name);
		return 0;
	},
};

export const list: Verb = {
	usage: '[OPTIONS]',
	description: 'List volumes',
	args: [0, 0],
	flags: [filterFlag('Show those for which KEY=VALUE holds, e.g. dangling=true, name=data'), formatFlag, {name: 'quiet', short: 'q', kind: 'bool', help: 'Only show names'}],
	async run({flags, engine}) {
		const volumes = listVolumes(engine(), {filters: readFilters(flags)});
		if (flags.bool('quiet') && !flags.given('format')) print(volumes.map(({Name}) => `${Name}\n`).join(''));
		else print(await renderList(volumeListing, volumes, flags.text('format')));
		return 0;
	},
};

export const remove: Verb = {
	usage: '[OPTIONS] VOLUME [VOLUME...]',
	description: 'Remove volumes that no container uses',
	args: [1, Infinity],
	flags: [{name: 'force', short: 'f', kind: 'bool', help: "Don't mind a volume that is not there"}],
	run: ({flags, args, engine}) =>
		eachTarget(args, async name => {
			await removeVolume(engine(), name, {force: flags.bool('force')});
			return name;
		}),
};

const volumeListing: Listing<VolumeSummary> = {
	subject: 'volume',
	table: ['Driver', 'Name'],
	columns: {
		Availability: {header: 'AVAILABILITY', value: () => 'N/A'},
		Driver: {header: 'DRIVER', value: ({Driver}) => Driver},
		Group: {header: 'GROUP', value: () => 'N/A'},
		Labels: {
			header: 'LABELS',
			value: ({Labels}) =>
				Object.entries(Labels ?? {})
					.map(([key, value]) => `${key}=${value}`)
					.toSorted()
					.join(','),
		},
		Links: {header: 'LINKS', value: () => 'N/A'},
		Mountpoint: {header: 'MOUNTPOINT', value: ({Mountpoint}) => Mountpoint},
		Name: {header: 'VOLUME NAME', value: ({Name}) => Name},
		Scope: {header: 'SCOPE', value: ({Scope}) => Scope},
		Size: {header: 'SIZE', value: () => 'N/A'},
		Status: {header: 'STATUS', value: () => 'N/A'},
	},
	methods: {Label: {header: key => key, value: ({Labels}, key) => Labels?.[key] ?? ''}},
};
