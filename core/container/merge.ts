import {posix} from 'node:path';
import {mergeEnv, openFilesLimit} from '../bundle/build.ts';
import {type Defaults, defaultsFor} from '../bundle/hardening.ts';
import {EngineError} from '../errors/error.ts';
import type {Image} from '../image/model.ts';
import type {ContainerConfig} from './config.ts';
import type {ContainerSpec} from './model.ts';
import {checkHealthcheck, mergeHealthcheck} from './health.ts';
import {checkUser, checkWorkdir} from './validate.ts';

const SHM_SIZE = 64 * 1024 * 1024;

/** The image's config under the user's wishes, by Docker's rules, with Docker's defaults where neither speaks. */
export function mergeConfig(spec: ContainerSpec, image: Image, {id, hardened}: {readonly id: string; readonly hardened: boolean}): Omit<ContainerConfig, 'mounts'> {
	const run = image.config;
	const defaults = defaultsFor(hardened && spec.privileged !== true);
	const {entrypoint, command} = chooseCommand(spec, image);
	const user = spec.user ?? run.User ?? '';
	const workdir = spec.workdir ?? run.WorkingDir ?? '';
	// These come from the image, too, and end up in a namespace's hands.
	checkUser(user);
	if (workdir !== '') checkWorkdir(absolute(workdir));
	const healthcheck = mergeHealthcheck(spec.healthcheck, run.Healthcheck);
	if (healthcheck !== undefined) checkHealthcheck(healthcheck);
	return {
		entrypoint,
		command,
		env: userFirst(spec.env ?? [], run.Env ?? []),
		labels: {...run.Labels, ...spec.labels},
		workdir: workdir === '' ? '' : cleanPath(absolute(workdir)),
		user,
		hostname: spec.hostname ?? (spec.network === 'host' || spec.uts === 'host' ? '' : id.slice(0, 12)),
		domainname: spec.domainname ?? '',
		tty: spec.tty ?? false,
		openStdin: spec.openStdin ?? false,
		stdinOnce: spec.stdinOnce ?? false,
		autoRemove: spec.autoRemove ?? false,
		network: spec.network === undefined || spec.network === 'default' || spec.network === '' ? 'bridge' : spec.network,
		ports: (spec.ports ?? []).map(port => (port.hostIp === '' ? {...port, hostIp: defaults.portAddress} : port)),
		publishAll: spec.publishAll ?? false,
		exposed: exposedPorts(spec, Object.keys(run.ExposedPorts ?? {})),
		...(spec.volumesFrom !== undefined && spec.volumesFrom.length > 0 && {volumesFrom: spec.volumesFrom}),
		resources: {...(defaults.pidsLimit > 0 && {pidsLimit: defaults.pidsLimit}), ...spec.resources},
		restart: spec.restart ?? {name: 'no', maximumRetryCount: 0},
		stopSignal: spec.stopSignal ?? run.StopSignal ?? '',
		...(spec.stopTimeout !== undefined && {stopTimeout: spec.stopTimeout}),
		...(healthcheck !== undefined && {healthcheck}),
		...(healthcheck !== undefined && run.Shell !== undefined && run.Shell.length > 0 && {shell: run.Shell}),
		chainIds: image.chainIds,
		architecture: image.architecture,
		privileged: spec.privileged ?? false,
		readOnly: spec.readOnly ?? false,
		capAdd: spec.capAdd ?? [],
		capDrop: spec.capDrop ?? [],
		securityOpt: spec.securityOpt ?? [],
		init: spec.init ?? false,
		dns: spec.dns ?? [],
		dnsSearch: spec.dnsSearch ?? [],
		dnsOptions: spec.dnsOptions ?? [],
		extraHosts: (spec.extraHosts ?? []).map(entry => entry.replace(/^([^:=]+)=/, '$1:')),
		groupAdd: spec.groupAdd ?? [],
		sysctls: spec.sysctls ?? {},
		ulimits: mergeUlimits(defaults.ulimits, spec.ulimits ?? []),
		devices: spec.devices ?? [],
		shmSize: spec.shmSize === undefined || spec.shmSize === 0 ? SHM_SIZE : spec.shmSize,
		pid: spec.pid ?? '',
		ipc: spec.ipc ?? 'private',
		uts: spec.uts ?? '',
		userns: spec.userns ?? '',
		...(hardened && {hardened}),
		cgroupns: spec.cgroupns ?? 'private',
		logDriver: spec.logDriver ?? 'json-file',
		logOptions: {...defaults.logOptions, ...spec.logOptions},
		runtime: spec.runtime ?? 'hawser',
		annotations: spec.annotations ?? {},
		...kept(spec),
	};
}

/** What has no default: absent stays absent. */
function kept({deviceRequests, cgroupParent, storageOptions, isolation, idFile, attach}: ContainerSpec): Partial<ContainerConfig> {
	return {
		...(deviceRequests !== undefined && deviceRequests.length > 0 && {deviceRequests}),
		...(cgroupParent !== undefined && cgroupParent !== '' && {cgroupParent: absolute(cgroupParent).replace(/\/+$/, '')}),
		...(storageOptions !== undefined && Object.keys(storageOptions).length > 0 && {storageOptions}),
		...(isolation !== undefined && {isolation}),
		...(idFile !== undefined && {idFile}),
		...(attach !== undefined && {attach}),
	};
}

/** What was asked for, and of the defaults those that the caller's own limits allow. */
function mergeUlimits(defaults: Defaults['ulimits'], asked: NonNullable<ContainerSpec['ulimits']>): NonNullable<ContainerSpec['ulimits']> {
	const open = defaults.filter(({name}) => !asked.some(other => other.name === name));
	return [...open.map(limit => (limit.name === 'nofile' ? {...limit, hard: Math.min(limit.hard, openFilesLimit())} : limit)), ...asked];
}

/** The user's, then what of the image's they say nothing of; KEY alone takes the image's away. */
function userFirst(asked: readonly string[], ofImage: readonly string[]): string[] {
	const keyOf = (variable: string): string => (variable.includes('=') ? variable.slice(0, variable.indexOf('=', 1)) : variable);
	const named = new Set(asked.map(keyOf));
	return [...mergeEnv([], asked), ...mergeEnv([], ofImage).filter(variable => !named.has(keyOf(variable)))];
}

const cleanPath = (path: string): string =>
	posix
		.normalize(path)
		.replace(/(?<=.)\/+$/, '')
		.replace(/^\/+/, '/');

/** An image's WORKDIR may lack its first slash. */
const absolute = (path: string): string => (path.startsWith('/') ? path : `/${path}`);

/** An entrypoint of the user's makes the image's command void. */
function chooseCommand(spec: ContainerSpec, {config}: Image): {entrypoint: readonly string[]; command: readonly string[]} {
	const command = spec.command !== undefined && spec.command.length > 0 ? spec.command : undefined;
	const given = spec.entrypoint?.filter(word => word !== '');
	const chosen = given === undefined ? {entrypoint: config.Entrypoint ?? [], command: command ?? config.Cmd ?? []} : {entrypoint: given, command: command ?? []};
	if (chosen.entrypoint.length + chosen.command.length === 0)
		throw new EngineError({code: 'container.no-command', subject: spec.image, message: 'no command specified', hint: `The image ${spec.image} names none: give one after it.`});
	return chosen;
}

const exposedPorts = ({expose = [], ports = []}: ContainerSpec, ofImage: readonly string[]): string[] => [
	...new Set([...ofImage, ...expose, ...ports.map(({containerPort, protocol}) => `${containerPort}/${protocol}`)].map(port => (port.includes('/') ? port : `${port}/tcp`))),
];
