import {memo} from 'react';
import {Box, Text} from 'ink';

// One text a line: what did not change is not laid out again. A text without characters would take no row.
const Line = memo(({text}: {readonly text: string}) => <Text wrap="truncate">{text === '' ? ' ' : text}</Text>);

/** Ready lines, one below the other. */
export const Lines = ({lines}: {readonly lines: readonly string[]}) => (
	<Box flexDirection="column" flexShrink={0}>
		{lines.map((text, index) => (
			// biome-ignore lint/suspicious/noArrayIndexKey: a line is its place
			<Line key={index} text={text} />
		))}
	</Box>
);
