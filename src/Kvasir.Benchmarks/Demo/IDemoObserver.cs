namespace Kvasir.Benchmarks.Demo;

/// <summary>Told how the demo goes on.</summary>
public interface IDemoObserver
{
    /// <summary>The document is about to be read.</summary>
    void Reading(int tokens);

    /// <summary>The document has been read.</summary>
    void Read(TimeSpan time);

    /// <summary>A question has been answered with reuse; its cold run comes next.</summary>
    void Answered(int number, DemoQuestion question, DemoRun reused);

    /// <summary>A question has been answered both ways.</summary>
    void Compared(int number, DemoResult result);
}
