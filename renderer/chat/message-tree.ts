// The order and the indents in which a tree of messages is drawn.
import type { TreeNode } from '../../electron/contract/chats.ts';

export interface DrawnNode {
  node: TreeNode;
  /** How many partings lie above it: a chat without branches has no indent, however long it is. */
  depth: number;
}

/** Depth first. `nodes`: parents before their children, siblings oldest first. */
export function drawTree(nodes: readonly TreeNode[]): DrawnNode[] {
  const children = Map.groupBy(nodes, ({ parentId }) => parentId);
  const drawn: DrawnNode[] = [];
  const rootDepth = (children.get(null)?.length ?? 0) > 1 ? 1 : 0;
  const waiting = (children.get(null) ?? []).toReversed().map((node): DrawnNode => ({ node, depth: rootDepth }));
  // A chat may be thousands of messages deep: no recursion.
  for (let next = waiting.pop(); next; next = waiting.pop()) {
    drawn.push(next);
    const followers = children.get(next.node.id) ?? [];
    const depth = followers.length > 1 ? next.depth + 1 : next.depth;
    for (const node of followers.toReversed()) waiting.push({ node, depth });
  }
  return drawn;
}
