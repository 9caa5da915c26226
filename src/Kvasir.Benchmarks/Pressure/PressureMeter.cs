namespace Kvasir.Benchmarks.Pressure;

/// <summary>Adds up what others did to the machine in the windows in which something was timed.</summary>
internal sealed class PressureMeter
{
    private double _wall;
    private double _busy;
    private double _steal;
    private double _own;
    private double? _some = 0;
    private bool _known = true;

    /// <summary>Adds a window; a reading that is missing makes everything unknown.</summary>
    public void Add(ProcessorReading? before, ProcessorReading? after)
    {
        if (before is not { } begin || after is not { } end)
        {
            _known = false;
            return;
        }

        _wall += end.WallSeconds - begin.WallSeconds;
        _busy += end.BusySeconds - begin.BusySeconds;
        _steal += end.StealSeconds - begin.StealSeconds;
        _own += end.OwnSeconds - begin.OwnSeconds;
        _some += end.SomeSeconds - begin.SomeSeconds;
    }

    /// <summary>Adds what another meter has.</summary>
    public void Add(PressureMeter other)
    {
        _wall += other._wall;
        _busy += other._busy;
        _steal += other._steal;
        _own += other._own;
        _some += other._some;
        _known &= other._known;
    }

    /// <summary>What it comes to.</summary>
    public PressureShare Share()
    {
        if (!_known || _wall <= 0)
            return new PressureShare(_wall, null, null, null);

        // Ticks are coarse, so that a short window can come out below nothing.
        return new PressureShare(_wall, _some / _wall, Math.Max(0, _busy - _own) / _wall, Math.Max(0, _steal) / _wall);
    }
}
