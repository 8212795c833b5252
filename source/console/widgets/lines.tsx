import {memo, useContext, useLayoutEffect, useMemo, useRef} from 'react';
import {Box, type DOMElement, Text} from 'ink';
import {stripColors} from '../../terminal/width.ts';
import {type Canvas, CanvasContext} from '../canvas.ts';

function Drawn({canvas, lines}: {readonly canvas: Canvas; readonly lines: readonly string[]}) {
	const box = useRef<DOMElement>(null);
	useLayoutEffect(() => {
		if (box.current) canvas.put(box.current, lines);
	}, [canvas, lines]);
	return <Box ref={box} flexShrink={0} height={lines.length} />;
}

const decoration = /[\u2500-\u25FF\u2800-\u28FF]+/g;

/** For a screen reader: words, not frames, charts and blanks. */
const Written = ({lines}: {readonly lines: readonly string[]}) => (
	<Box flexDirection="column" flexShrink={0}>
		{lines
			.map(text => stripColors(text).replace(decoration, ' ').replace(/\s+/g, ' ').trim())
			.filter(text => text !== '')
			.map((text, index) => (
				// biome-ignore lint/suspicious/noArrayIndexKey: a line is its place
				<Text key={index}>{text}</Text>
			))}
	</Box>
);

/** Ready lines, one below the other. */
export function Lines({lines}: {readonly lines: readonly string[]}) {
	const canvas = useContext(CanvasContext);
	return canvas ? <Drawn canvas={canvas} lines={lines} /> : <Written lines={lines} />;
}

/** One line, not drawn again while it says the same. */
export const Line = memo(({text}: {readonly text: string}) => {
	const canvas = useContext(CanvasContext);
	const lines = useMemo(() => [text], [text]);
	return canvas ? Drawn({canvas, lines}) : <Written lines={lines} />;
});
