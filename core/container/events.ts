import type {ContainerRecord} from './record.ts';

/** What Docker's events say of a container: its labels, its image and its name. */
export const eventAttributes = ({config, image, name}: ContainerRecord, more: Readonly<Record<string, string>> = {}): Record<string, string> => ({
	...config.labels,
	...more,
	image,
	name,
});
