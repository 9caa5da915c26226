using Kvasir.Engine.Running;
using Kvasir.Models;

namespace Kvasir.Engine.Calibration;

/// <summary>Adds up statistics of the inputs of matrices.</summary>
internal interface IActivationCollector : IActivationObserver
{
    /// <summary>What was seen so far.</summary>
    ActivationStatistics ToStatistics();
}
