import type {ContainerSummary} from '../../core/index.ts';
import {portsText, stateName, statusText} from './container-text.ts';
import type {Listing} from './format.ts';
import {ago, ellipsis, goQuote, goTime, humanSize, shortId} from './units.ts';

const COMMAND_WIDTH = 20;
const MOUNT_WIDTH = 15;

/** An image's name as `ps` shows it: an id is cut, and a digest behind a tag left out. */
function imageName({image}: ContainerSummary, noTrunc: boolean): string {
	if (image === '') return '<no image>';
	if (noTrunc) return image;
	if (/^(sha256:)?[\da-f]{64}$/.test(image)) return shortId(image);
	return image.replace(/@sha256:[\da-f]{64}$/, '');
}

const sizeText = ({sizeRw = 0, sizeRootFs = 0}: ContainerSummary): string => `${humanSize(sizeRw)}${sizeRootFs > 0 ? ` (virtual ${humanSize(sizeRootFs)})` : ''}`;

const labelsText = (labels: Readonly<Record<string, string>>): string =>
	Object.keys(labels)
		.toSorted()
		.map(key => `${key}=${labels[key]}`)
		.join(',');

/** Names of volumes are 64 hex digits when Docker chose them, so the list cuts them. */
const mountNames = ({mounts}: ContainerSummary, noTrunc: boolean): string => mounts.map(name => (noTrunc ? name : ellipsis(name, MOUNT_WIDTH))).join(',');

/** The columns of `ps`. */
export function containerListing({noTrunc, size}: {readonly noTrunc: boolean; readonly size: boolean}): Listing<ContainerSummary> {
	const now = Date.now();
	return {
		subject: 'container',
		raw: `container_id: {{.ID}}\nimage: {{.Image}}\ncommand: {{.Command}}\ncreated_at: {{.CreatedAt}}\nstate: {{.State}}\nstatus: {{.Status}}\nnames: {{.Names}}\nlabels:{{- pad .Labels 1 0}}\nports:{{- pad .Ports 1 0}}\n${size ? 'size: {{.Size}}\n' : ''}`,
		table: ['ID', 'Image', 'Command', 'RunningFor', 'Status', 'Ports', 'Names', ...(size ? ['Size'] : [])],
		columns: {
			ID: {header: 'CONTAINER ID', value: ({id}) => (noTrunc ? id : shortId(id))},
			Image: {header: 'IMAGE', value: container => imageName(container, noTrunc)},
			Command: {header: 'COMMAND', value: ({command}) => goQuote(noTrunc ? command : ellipsis(command, COMMAND_WIDTH))},
			CreatedAt: {header: 'CREATED AT', value: ({createdAt}) => goTime(createdAt)},
			RunningFor: {header: 'CREATED', value: ({createdAt}) => ago(createdAt, now)},
			Ports: {header: 'PORTS', value: ({ports}) => portsText(ports)},
			State: {header: 'STATE', value: stateName},
			Status: {header: 'STATUS', value: container => statusText(container, now)},
			Size: {header: 'SIZE', value: sizeText},
			Names: {header: 'NAMES', value: ({name}) => name},
			Labels: {header: 'LABELS', value: ({labels}) => labelsText(labels)},
			LocalVolumes: {header: 'LOCAL VOLUMES', value: ({mounts}) => String(mounts.filter(name => name !== '' && !name.startsWith('/')).length)},
			Mounts: {header: 'MOUNTS', value: container => mountNames(container, noTrunc)},
			Networks: {header: 'NETWORKS', value: ({networks}) => Object.keys(networks).join(',')},
			Platform: {header: 'PLATFORM', value: () => null},
		},
		methods: {Label: {header: labelHeader, value: ({labels}, key) => labels[key] ?? ''}},
	};
}

/** `com.example.tier-name` stands over its column as `tier name`. */
const labelHeader = (key: string): string => (key.split('.').at(-1) ?? '').replace(/[-_]/g, ' ');
