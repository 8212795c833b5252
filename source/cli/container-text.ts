import type {ContainerSummary, PublishedPort} from '../../core/index.ts';
import {humanDuration, secondsSince} from './units.ts';

/** A container's state and ports as Docker words them. */

const since = (time: string | undefined, now: number): string => humanDuration(time === undefined ? 0 : secondsSince(time, now));

/** `Up 3 minutes (Paused)`, `Exited (137) 2 seconds ago`. */
export function statusText(container: ContainerSummary, now = Date.now()): string {
	const {status, health, startedAt, finishedAt, exitCode = 0} = container;
	switch (status) {
		case 'running':
		case 'stopping':
			return `Up ${since(startedAt, now)}${health === undefined ? '' : health === 'starting' ? ' (health: starting)' : ` (${health})`}`;
		case 'paused':
			return `Up ${since(startedAt, now)} (Paused)`;
		case 'restarting':
			return `Restarting (${exitCode}) ${since(finishedAt, now)} ago`;
		case 'removing':
			return 'Removal In Progress';
		case 'dead':
			return 'Dead';
		case 'created':
			return 'Created';
		case 'exited':
			return finishedAt === undefined ? `Exited (${exitCode})` : `Exited (${exitCode}) ${since(finishedAt, now)} ago`;
	}
}

/** Docker knows no `stopping`: such a container still runs. */
export const stateName = ({status}: ContainerSummary): string => (status === 'stopping' ? 'running' : status);

type Group = {first: number; last: number};

const comparePorts = (a: PublishedPort, b: PublishedPort): number =>
	a.containerPort - b.containerPort || compareText(a.hostIp ?? '', b.hostIp ?? '') || (a.hostPort ?? 0) - (b.hostPort ?? 0) || compareText(a.protocol, b.protocol);

const compareText = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0);

const hostText = (ip: string): string => (ip.includes(':') ? `[${ip}]` : ip);

/** `0.0.0.0:8080->80/tcp, 443/tcp`: neighbours that map to themselves are drawn together. */
export function portsText(ports: readonly PublishedPort[]): string {
	const open = new Map<string, Group>();
	const texts: string[] = [];
	const mapped: string[] = [];
	for (const port of ports.toSorted(comparePorts)) {
		if (port.hostPort !== undefined && port.hostPort !== port.containerPort) {
			mapped.push(`${hostText(port.hostIp ?? '')}:${port.hostPort}->${port.containerPort}/${port.protocol}`);
			continue;
		}
		const key = port.hostPort === undefined ? `/${port.protocol}` : `${hostText(port.hostIp ?? '')}/${port.protocol}`;
		const group = open.get(key);
		if (group?.last === port.containerPort - 1) group.last = port.containerPort;
		else {
			if (group !== undefined) texts.push(groupText(key, group));
			open.set(key, {first: port.containerPort, last: port.containerPort});
		}
	}
	for (const [key, group] of open) texts.push(groupText(key, group));
	return [...texts, ...mapped].join(', ');
}

function groupText(key: string, {first, last}: Group): string {
	const at = key.lastIndexOf('/');
	const host = key.slice(0, at);
	const range = first === last ? `${first}` : `${first}-${last}`;
	return `${host === '' ? range : `${host}:${range}->${range}`}${key.slice(at)}`;
}
