namespace Kvasir.Grammars.Vocabulary;

/// <summary>A node of the token trie, in preorder.</summary>
/// <param name="End">The index after the node's subtree: the next node that is not below it.</param>
/// <param name="Token">The first token that ends here, or -1.</param>
/// <param name="Depth">Bytes from the root to this node, itself included.</param>
/// <param name="Byte">The byte that leads here.</param>
/// <param name="HasTwins">Whether more than one token ends here.</param>
internal readonly record struct TrieNode(int End, int Token, ushort Depth, byte Byte, bool HasTwins);
