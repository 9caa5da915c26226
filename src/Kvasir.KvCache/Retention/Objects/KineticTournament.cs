namespace Kvasir.KvCache.Retention.Objects;

/// <summary>
/// The highest of many lines a + b·t at a time t that only grows: a tree of matches, each of which knows until when its winner is sure
/// (Basch, Guibas and Hershberger 1999, "Data structures for mobile data"). A change replays one path; a query replays the matches whose
/// time has passed.
/// </summary>
internal sealed class KineticTournament
{
    private const int FirstLeaves = 16;

    private readonly Stack<int> _free = new();
    private double[] _a = new double[FirstLeaves];
    private double[] _b = new double[FirstLeaves];

    // Node 1 is the final; the children of n are 2n and 2n + 1; leaf i is node _a.Length + i. A winner of -1: nobody.
    private int[] _winner = Nobody(2 * FirstLeaves);
    private double[] _until = Forever(2 * FirstLeaves);
    private int _used;
    private double _now = double.NegativeInfinity;

    /// <summary>The place of the highest line, or -1 when there is none.</summary>
    public int Best(double now)
    {
        // A clock that goes back is one that stands still.
        _now = Math.Max(_now, now);
        Advance(1);
        return _winner[1];
    }

    /// <summary>Adds a line; returns its place.</summary>
    public int Add(double a, double b)
    {
        if (!_free.TryPop(out var place))
        {
            if (_used == _a.Length)
                Grow();
            place = _used++;
        }

        Set(place, a, b);
        return place;
    }

    /// <summary>Changes a line, or brings back one that was set aside.</summary>
    public void Set(int place, double a, double b)
    {
        (_a[place], _b[place]) = (a, b);
        Enter(place, place);
    }

    /// <summary>Sets a line aside: it keeps its place and does not win.</summary>
    public void SetAside(int place) => Enter(place, -1);

    /// <summary>Brings back a line that was set aside.</summary>
    public void BringBack(int place) => Enter(place, place);

    /// <summary>Removes a line; its place may be given to another.</summary>
    public void Remove(int place)
    {
        Enter(place, -1);
        _free.Push(place);
    }

    private void Enter(int place, int winner)
    {
        var node = _a.Length + place;
        _winner[node] = winner;
        for (node /= 2; node >= 1; node /= 2)
            Play(node);
    }

    private void Advance(int node)
    {
        if (_until[node] > _now || node >= _a.Length)
            return;
        Advance(2 * node);
        Advance((2 * node) + 1);
        Play(node);
    }

    private void Play(int node)
    {
        var (left, right) = (_winner[2 * node], _winner[(2 * node) + 1]);
        var until = Math.Min(_until[2 * node], _until[(2 * node) + 1]);
        if (left < 0 || right < 0)
        {
            _winner[node] = Math.Max(left, right);
        }
        else
        {
            // Before the first query all is measured at the earliest time that there is, 0.
            var now = Math.Max(_now, 0);
            var leftWins = _a[left] + (_b[left] * now) >= _a[right] + (_b[right] * now);
            var (winner, loser) = leftWins ? (left, right) : (right, left);
            _winner[node] = winner;
            if (_b[loser] > _b[winner])
                until = Math.Min(until, (_a[winner] - _a[loser]) / (_b[loser] - _b[winner]));
        }

        _until[node] = until;
    }

    private void Grow()
    {
        var leaves = 2 * _a.Length;
        var places = _winner.AsSpan(_a.Length).ToArray();
        Array.Resize(ref _a, leaves);
        Array.Resize(ref _b, leaves);
        _winner = Nobody(2 * leaves);
        _until = Forever(2 * leaves);
        places.CopyTo(_winner, leaves);
        for (var node = leaves - 1; node >= 1; node--)
            Play(node);
    }

    private static int[] Nobody(int nodes)
    {
        var winners = new int[nodes];
        Array.Fill(winners, -1);
        return winners;
    }

    private static double[] Forever(int nodes)
    {
        var times = new double[nodes];
        Array.Fill(times, double.PositiveInfinity);
        return times;
    }
}
