/** What happened, in Docker's shape; a line of the journal. */
export type EngineEvent = {
	readonly Type: 'container' | 'image' | 'network' | 'volume' | 'daemon';
	readonly Action: string;
	readonly Actor: {readonly ID: string; readonly Attributes: Readonly<Record<string, string>>};
	readonly scope: 'local';
	/** Unix time in seconds. */
	readonly time: number;
	/** Unix time in nanoseconds; beyond 2^53, so it is kept as written and precise to about a microsecond. */
	readonly timeNano: number;
};
