namespace Kvasir.Benchmarks.Tiers.Faults;

/// <summary>What a run with failing tiers showed.</summary>
/// <param name="Operations">Operations done.</param>
/// <param name="WrongAnswers">Loads that ended well with other bytes than were stored.</param>
/// <param name="LeakedPins">Pins that were left when everything had ended.</param>
/// <param name="LeakedBytes">Bytes that the tiers counted although no object was left, and bytes of files that they did not count.</param>
/// <param name="Hangs">Waits that took too long.</param>
/// <param name="FaultsInjected">Faults planted: failing reads, writes and deletes, full disks, flipped bits, torn files and indices.</param>
/// <param name="FaultsDetected">Of these, those that a load, a store or a restart met and answered with a miss or a refusal.</param>
/// <param name="FaultsEvaporated">Of these, changed objects that left their tier before anybody read them.</param>
/// <param name="Loads">Loads that ended well.</param>
/// <param name="FailedLoads">Loads that came to nothing.</param>
/// <param name="Restarts">Times that the disk tier was closed, torn and opened again.</param>
public sealed record TierFaultReport(
    long Operations,
    long WrongAnswers,
    long LeakedPins,
    long LeakedBytes,
    long Hangs,
    long FaultsInjected,
    long FaultsDetected,
    long FaultsEvaporated,
    long Loads,
    long FailedLoads,
    long Restarts);
