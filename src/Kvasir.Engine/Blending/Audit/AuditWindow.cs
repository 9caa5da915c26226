namespace Kvasir.Engine.Blending.Audit;

/// <summary>The last audits of a policy for a tenant.</summary>
internal sealed class AuditWindow(int size)
{
    private readonly Queue<(double Divergence, int Agreed, int Tokens)> _audits = new();

    /// <summary>Audits in all.</summary>
    public long Audits { get; private set; }

    /// <summary>Audits in the window.</summary>
    public int Count => _audits.Count;

    public double Divergence => _audits.Average(audit => audit.Divergence);

    public double MaxDivergence => _audits.Max(audit => audit.Divergence);

    public double Agreement => _audits.Sum(audit => audit.Agreed) / (double)_audits.Sum(audit => audit.Tokens);

    public bool IsSwitchedOff { get; set; }

    public void Add(double divergence, int agreed, int tokens)
    {
        Audits++;
        _audits.Enqueue((divergence, agreed, tokens));
        if (_audits.Count > size)
            _audits.Dequeue();
    }
}
