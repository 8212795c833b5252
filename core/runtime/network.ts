import {EngineError} from '../errors/error.ts';
import {reasonOf, runProgram} from '../platform/run.ts';

export type NetPlace = {readonly native: {readonly net: string}};

/** Takes back what outlives a container's network namespace. `plan` is the file that set it up. */
export const takeNetworkDown = (place: NetPlace, plan: string): Promise<void> => runNet(place, 'down', plan);

/** Does what is missing of a running container's network; `pid` is its init process. */
export const mendNetwork = (place: NetPlace, plan: string, pid: number): Promise<void> => runNet(place, 'mend', plan, String(pid));

/** Takes what the plan has of a running container's network away. */
export const unplugNetwork = (place: NetPlace, plan: string, pid: number): Promise<void> => runNet(place, 'unplug', plan, String(pid));

/** Removes the store's table and bridges. */
export const resetNetwork = (place: NetPlace, plan: string): Promise<void> => runNet(place, 'reset', plan);

/** `bridge` makes a network's bridge, `unbridge` takes it away. */
export const runBridge = (place: NetPlace, verb: 'bridge' | 'unbridge', plan: string): Promise<void> => runNet(place, verb, plan);

async function runNet({native}: NetPlace, verb: string, plan: string, ...more: string[]): Promise<void> {
	const result = await runProgram(native.net, [verb, plan, ...more]);
	if (result.code !== 0) throw new EngineError({code: 'network.failed', subject: plan, message: `cannot change the network (${verb}): ${reasonOf(result, native.net)}`});
}
