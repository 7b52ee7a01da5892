//! Reads columns as the types they stand for. What this program never writes is damage, not a
//! default.

use shared_protocol::{Amount, Message, PlanClass, Timestamp, decode};
use sqlx::{Any, Decode, Row as _, Type, any::AnyRow};

use super::Fault;

pub(super) type Row = AnyRow;
type Backend = Any;

/// Typed access to the columns of a row.
pub(super) trait Cells {
    /// The column as the database driver knows it.
    fn cell<'r, T>(&'r self, column: &'static str) -> Result<T, Fault>
    where
        T: Decode<'r, Backend> + Type<Backend>;

    /// A text that names a value.
    fn named<T>(&self, column: &'static str, read: impl Fn(&str) -> Option<T>) -> Result<T, Fault>;

    /// Bytes of a fixed-size value.
    fn exact<T>(&self, column: &'static str) -> Result<T, Fault>
    where
        T: for<'b> TryFrom<&'b [u8]>;

    /// A number that is never negative.
    fn count<T: TryFrom<i64>>(&self, column: &'static str) -> Result<T, Fault>;

    /// A moment.
    fn moment(&self, column: &'static str) -> Result<Timestamp, Fault>;

    /// A moment, if there is one.
    fn moment_or_none(&self, column: &'static str) -> Result<Option<Timestamp>, Fault>;

    /// Minor units in one column, their currency in another.
    fn amount(&self, minor: &'static str, currency: &'static str) -> Result<Amount, Fault>;

    /// Classes of plan, by name.
    fn classes(&self, column: &'static str) -> Result<Vec<PlanClass>, Fault>;

    /// A message as its wire bytes, if there is one.
    fn message<M: Message>(&self, column: &'static str) -> Result<Option<M>, Fault>;
}

impl Cells for Row {
    fn cell<'r, T>(&'r self, column: &'static str) -> Result<T, Fault>
    where
        T: Decode<'r, Backend> + Type<Backend>,
    {
        Ok(self.try_get(column)?)
    }

    fn named<T>(&self, column: &'static str, read: impl Fn(&str) -> Option<T>) -> Result<T, Fault> {
        read(self.cell(column)?).ok_or(Fault::Damaged(column))
    }

    fn exact<T>(&self, column: &'static str) -> Result<T, Fault>
    where
        T: for<'b> TryFrom<&'b [u8]>,
    {
        T::try_from(self.cell::<&[u8]>(column)?).map_err(|_| Fault::Damaged(column))
    }

    fn count<T: TryFrom<i64>>(&self, column: &'static str) -> Result<T, Fault> {
        T::try_from(self.cell::<i64>(column)?).map_err(|_| Fault::Damaged(column))
    }

    fn moment(&self, column: &'static str) -> Result<Timestamp, Fault> {
        Ok(Timestamp::from_millis(self.cell(column)?))
    }

    fn moment_or_none(&self, column: &'static str) -> Result<Option<Timestamp>, Fault> {
        Ok(self.cell::<Option<i64>>(column)?.map(Timestamp::from_millis))
    }

    fn amount(&self, minor: &'static str, currency: &'static str) -> Result<Amount, Fault> {
        let currency = self.named(currency, |code| code.parse().ok())?;
        Amount::new(self.count(minor)?, currency).ok_or(Fault::Damaged(minor))
    }

    fn classes(&self, column: &'static str) -> Result<Vec<PlanClass>, Fault> {
        let names = self.cell::<&str>(column)?.split_ascii_whitespace();
        names.map(|name| PlanClass::from_name(name).ok_or(Fault::Damaged(column))).collect()
    }

    fn message<M: Message>(&self, column: &'static str) -> Result<Option<M>, Fault> {
        let bytes = self.cell::<Option<&[u8]>>(column)?;
        bytes.map(|bytes| decode(bytes).map_err(|_| Fault::Damaged(column))).transpose()
    }
}

/// Classes of plan as a column holds them.
pub(super) fn class_names(classes: &[PlanClass]) -> String {
    classes.iter().map(|class| class.name()).collect::<Vec<_>>().join(" ")
}

/// Money as a column holds it.
pub(super) fn minor(amount: Amount) -> i64 {
    i64::try_from(amount.minor).expect("amounts end far below 2^63 (Amount::MINOR_MAX)")
}
