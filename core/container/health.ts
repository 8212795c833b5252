import type {HealthPlan} from '../monitor/plan.ts';
import type {Healthcheck} from '../oci/config.ts';
import {readIfThere} from '../platform/files.ts';
import {EngineError} from '../errors/error.ts';
import type {ContainerConfig} from './config.ts';
import {liveFolder} from './place.ts';

const MINIMUM_NS = 1_000_000;
const LONGEST_NS = Number.MAX_SAFE_INTEGER;
const times = ['Interval', 'Timeout', 'StartPeriod', 'StartInterval'] as const;

/** What the user leaves open is the image's. */
export function mergeHealthcheck(asked: Healthcheck | undefined, ofImage: Healthcheck | undefined): Healthcheck | undefined {
	if (asked === undefined || ofImage === undefined) return asked ?? ofImage;
	const given = Object.entries(asked).filter(([, value]) => value !== 0 && !(Array.isArray(value) && value.length === 0));
	return {...ofImage, ...Object.fromEntries(given)};
}

export function checkHealthcheck(check: Healthcheck): void {
	const invalid = (message: string): EngineError => new EngineError({code: 'container.invalid', subject: 'healthcheck', message});
	for (const name of times) {
		const value = check[name] ?? 0;
		if (value !== 0 && value < MINIMUM_NS) throw invalid(`${name} in Healthcheck cannot be less than 1ms`);
		if (value > LONGEST_NS) throw invalid(`${name} in Healthcheck is too long`);
	}
	if ((check.Retries ?? 0) < 0) throw invalid('Retries in Healthcheck cannot be negative');
	if ((check.Test ?? []).some(word => word.includes('\0'))) throw invalid('the test of the Healthcheck holds a NUL byte');
}

/** The command to run; undefined where there is none, or `NONE`. */
export function healthCommand({healthcheck, shell = ['/bin/sh', '-c']}: ContainerConfig): readonly string[] | undefined {
	const [kind, ...words] = healthcheck?.Test ?? [];
	if (words.length === 0) return undefined;
	return kind === 'CMD' ? words : kind === 'CMD-SHELL' ? [...shell, ...words] : undefined;
}

/** `process`: where the process JSON is. */
export function planHealth(config: ContainerConfig, process: string): HealthPlan | undefined {
	const command = healthCommand(config);
	if (command === undefined) return undefined;
	const {Interval, Timeout, StartPeriod, StartInterval, Retries} = config.healthcheck ?? {};
	return {process, command: command.join(' '), interval: Interval, timeout: Timeout, startPeriod: StartPeriod, startInterval: StartInterval, retries: Retries};
}

const LONGEST_STATE = 256 * 1024;

/** Docker's State.Health; undefined of a container that has no check, or was not started since the host was. */
export function readHealth(places: {readonly state: string}, id: string): Record<string, unknown> | undefined {
	const text = readIfThere(`${liveFolder(places, id)}/health`);
	return text === undefined || text.length > LONGEST_STATE ? undefined : (JSON.parse(text) as Record<string, unknown>);
}
