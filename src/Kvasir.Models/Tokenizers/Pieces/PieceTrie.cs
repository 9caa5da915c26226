namespace Kvasir.Models;

/// <summary>Entries by their beginnings. The children of a node lie side by side, sorted by their character.</summary>
internal sealed class PieceTrie
{
    private readonly char[] _labels;
    private readonly int[] _firstChild; // of node i; its children end where those of node i + 1 begin
    private readonly int[] _values;
    private readonly int[] _rootChild = new int[char.MaxValue + 1];

    /// <param name="entries">Texts that are not empty, with the values that stand for them.</param>
    public PieceTrie(IEnumerable<(string Text, int Value)> entries)
    {
        var sorted = entries.Where(e => e.Text.Length > 0).ToArray();
        Array.Sort(sorted, (a, b) => string.CompareOrdinal(a.Text, b.Text));
        var labels = new List<char> { '\0' };
        var values = new List<int> { -1 };
        var ranges = new List<(int From, int To, int Depth)> { (0, sorted.Length, 0) };
        var firstChild = new List<int>();
        for (int node = 0; node < ranges.Count; node++)
        {
            var (from, to, depth) = ranges[node];
            firstChild.Add(ranges.Count);
            for (; from < to && sorted[from].Text.Length == depth; from++)
                values[node] = values[node] < 0 ? sorted[from].Value : values[node];
            while (from < to)
            {
                char label = sorted[from].Text[depth];
                int end = from + 1;
                while (end < to && sorted[end].Text[depth] == label)
                    end++;
                labels.Add(label);
                values.Add(-1);
                ranges.Add((from, end, depth + 1));
                from = end;
            }
        }

        firstChild.Add(ranges.Count);
        (_labels, _firstChild, _values) = ([.. labels], [.. firstChild], [.. values]);
        for (int child = _firstChild[0]; child < _firstChild[1]; child++)
            _rootChild[_labels[child]] = child;
    }

    /// <summary>The node after one more character; 0 when there is none. The root is 0.</summary>
    public int Next(int node, char label)
    {
        if (node == 0)
            return _rootChild[label];
        int low = _firstChild[node];
        int high = _firstChild[node + 1];
        while (low < high)
        {
            int middle = (low + high) >> 1;
            if (_labels[middle] < label)
                low = middle + 1;
            else
                high = middle;
        }

        return low < _firstChild[node + 1] && _labels[low] == label ? low : 0;
    }

    /// <summary>The value of the entry that ends here, or -1.</summary>
    public int ValueAt(int node) => _values[node];
}
